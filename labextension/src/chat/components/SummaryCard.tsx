import { useId, useState } from 'react';
import { problemOf } from '../client/problem';
import type { Summary } from '../protocol';
import { Markdown } from './Markdown';
import { useChat, useChatState } from './context';
import { useThread } from './hooks';
import { modelNamed } from './useModelSettings';

/** What the model sees instead of all that stands above; nothing where it sees that. */
export function SummaryCard({ summary }: { readonly summary: Summary }) {
  const { services, trans } = useChat();
  const thread = useThread();
  const usual = useChatState(state => state.account?.defaults?.memory);
  const note = useId();
  const maker = useChatState(({ models }) => modelNamed(models, summary.model));
  const [typed, setTyped] = useState<string | null>(null);
  if ((thread?.settings.memory ?? usual) !== 'summarise') {
    return null;
  }
  const change = async (text: string | null) => {
    try {
      await services.rest.changeSummary(summary.thread_id, summary.upto, text);
      setTyped(null);
    } catch (error) {
      services.store.update(state => ({ ...state, refusal: problemOf(error) }));
    }
  };
  return (
    <details className="jc-Summary">
      <summary>{trans.__('The model sees a summary of what stands above')}</summary>
      {typed === null ? (
        <>
          <Markdown text={summary.text} streaming={false} />
          <div className="jc-Summary-foot">
            <small>
              {summary.edited === true
                ? trans.__('Edited by you')
                : trans.__('Made by %1', maker?.name ?? summary.model ?? '')}
            </small>
            <button
              type="button"
              className="jc-Button"
              onClick={() => {
                setTyped(summary.text);
              }}
            >
              {trans.__('Edit')}
            </button>
            <button
              type="button"
              className="jc-Button"
              aria-describedby={note}
              onClick={() => {
                void change(null);
              }}
            >
              {trans.__('Make anew')}
            </button>
          </div>
          <small id={note}>
            {trans.__(
              '“Make anew”: it is made anew with the next question, if it is needed then.'
            )}
          </small>
        </>
      ) : (
        <>
          <textarea
            rows={10}
            dir="auto"
            autoFocus
            maxLength={100_000}
            aria-label={trans.__('Summary')}
            value={typed}
            onChange={event => {
              setTyped(event.target.value);
            }}
          />
          <div className="jc-Summary-foot">
            <button
              type="button"
              className="jc-Button"
              disabled={typed.trim() === ''}
              onClick={() => {
                void change(typed);
              }}
            >
              {trans.__('Save')}
            </button>
            <button
              type="button"
              className="jc-Button"
              onClick={() => {
                setTyped(null);
              }}
            >
              {trans.__('Cancel')}
            </button>
          </div>
        </>
      )}
    </details>
  );
}
