import { useRef, useState } from 'react';
import { newId } from '../ids';
import type { Preset, ThreadSettings } from '../protocol';
import { EntryForm } from './EntryForm';
import { SettingsFields } from './ModelPopover';
import { useChat } from './context';
import { useLibrary } from './useLibrary';
import { useModelSettings } from './useModelSettings';

interface Props {
  /** `undefined`: a new one. */
  readonly preset?: Preset;
  /** It is kept under this id, or (without one) nothing was changed. */
  readonly onDone: (entryId?: string) => void;
}

export function PresetForm({ preset, onDone }: Props) {
  const { trans } = useChat();
  const { state } = useLibrary();
  const [entryId] = useState(() => preset?.id ?? newId()); // saved again, it is no other one
  const { modelId } = useModelSettings();
  const [shown, setShown] = useState<ThreadSettings>(
    preset?.settings ?? { model: modelId }
  );
  const settings = useRef(shown); // a field that is left by saving has changed just then
  return (
    <EntryForm
      label={trans.__('Preset')}
      name={preset?.name ?? ''}
      onKeep={name => state.putPreset({ id: entryId, name, settings: settings.current })}
      onKept={() => {
        onDone(entryId);
      }}
      onCancel={() => {
        onDone();
      }}
    >
      <SettingsFields
        own={shown}
        defaults={NOTHING}
        hint={trans.__('How the model should behave')}
        onChange={changed => {
          settings.current = changed;
          setShown(changed);
        }}
      />
    </EntryForm>
  );
}

const NOTHING: ThreadSettings = {};
