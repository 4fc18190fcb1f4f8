import { useId } from 'react';
import type { MemoryPolicy, ThreadSettings } from '../protocol';
import { useChat, useChatState } from './context';
import { useIsTemporary } from './useIsTemporary';
import { useModelSettings } from './useModelSettings';

/** What becomes of what no longer fits. */
export function WhenFull() {
  const { services, trans } = useChat();
  const { own, defaults } = useModelSettings();
  const id = useId();
  return (
    <div className="jc-Field">
      <label htmlFor={id}>{trans.__('When it no longer fits')}</label>
      <select
        id={id}
        value={memoryOf(own, defaults)}
        onChange={event => {
          const memory = event.target.value as MemoryPolicy;
          void services.listing.changeSettings({ ...own, memory });
        }}
      >
        <option value="window">{trans.__('Leave out the oldest messages')}</option>
        <option value="summarise">{trans.__('Sum up the oldest messages')}</option>
        <option value="strict">{trans.__('Ask nothing, and say so')}</option>
      </select>
    </div>
  );
}

/** Which model makes summaries, where they are made. */
export function SummedUpBy() {
  const { services, trans } = useChat();
  const { own, defaults, modelId } = useModelSettings();
  const models = useChatState(state => state.models?.models) ?? [];
  const id = useId();
  if (memoryOf(own, defaults) !== 'summarise') {
    return null;
  }
  const usual = defaults.summary_model ?? null;
  const chosen = own.summary_model ?? usual ?? '';
  const isListed = chosen === '' || models.some(model => model.id === chosen);
  const choose = (wanted: string) => {
    // Without any it would be one's usual one again.
    const itself = usual === null ? undefined : (modelId ?? undefined);
    const summary_model = wanted === '' ? itself : wanted;
    void services.listing.changeSettings({ ...own, summary_model });
  };
  return (
    <div className="jc-Field">
      <label htmlFor={id}>{trans.__('Summed up by')}</label>
      <select
        id={id}
        value={chosen}
        onChange={event => {
          choose(event.target.value);
        }}
      >
        <option value="">{trans.__('The conversation’s model')}</option>
        {!isListed && <option value={chosen}>{chosen}</option>}
        {models.map(model => (
          <option key={model.id} value={model.id}>
            {model.name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Whether the person's notes go with the instructions of this conversation. */
export function UseNotes() {
  const { services, trans } = useChat();
  const { own } = useModelSettings();
  const account = useChatState(state => state.account);
  const isTemporary = useIsTemporary();
  if ((account?.notes ?? []).length === 0) {
    return null;
  }
  return (
    <label className="jc-Check">
      <input
        type="checkbox"
        checked={own.use_notes ?? (account?.use_notes === true && !isTemporary)}
        onChange={({ currentTarget }) => {
          const use_notes = currentTarget.checked;
          void services.listing.changeSettings({ ...own, use_notes });
        }}
      />
      {trans.__('Send my notes')}
    </label>
  );
}

function memoryOf(own: ThreadSettings, defaults: ThreadSettings): MemoryPolicy {
  return own.memory ?? defaults.memory ?? 'window';
}
