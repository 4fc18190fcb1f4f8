import type { Panes } from './Chat';
import { Meter } from './components/Meter';
import { SettingsScreen } from './components/SettingsScreen';
import { SummaryCard } from './components/SummaryCard';
import { ThreadList } from './components/ThreadList';

/** All that the chat can show, where there is room for it. */
export const allPanes: Panes = {
  List: ThreadList,
  Settings: SettingsScreen,
  Meter,
  SummaryCard
};
