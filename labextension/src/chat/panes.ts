import type { Panes } from './Chat';
import { BudgetNote } from './components/BudgetNote';
import { AttachButton } from './components/AttachButton';
import { AttachedChips, Editing } from './components/AttachedChips';
import { LabelPicker } from './components/LabelPicker';
import { Meter } from './components/Meter';
import { ModelNote } from './components/ModelNote';
import { SavePreset } from './components/SavePreset';
import { SettingsScreen } from './components/SettingsScreen';
import { SummaryCard } from './components/SummaryCard';
import { ThreadList } from './components/ThreadList';
import { remarkOn } from './components/shutdown';
import { CompletingField } from './completion/CompletingField';

/** All that the chat can show, where there is room for it. */
export const allPanes: Panes = {
  List: ThreadList,
  Settings: SettingsScreen,
  Labels: LabelPicker,
  Meter,
  SummaryCard,
  ModelNote,
  remarkOn,
  BudgetNote,
  Field: CompletingField,
  SettingsExtra: SavePreset,
  Attach: AttachButton,
  Attached: AttachedChips,
  Editing
};
