import type { Translator } from '../i18n';
import type { Code, Message, Problem } from '../protocol';
import { hasFailed, isUnfinished } from '../state/conversation';
import type { Action } from './ProblemNote';
import { useChat } from './context';

type Remedy = 'continue' | 'again' | 'source' | 'model' | 'context' | 'new';

const REMEDIES: Partial<Record<Code, readonly Remedy[]>> = {
  no_key: ['source', 'again'],
  wrong_key: ['source', 'again'],
  no_quota: ['source', 'again'],
  budget_spent: ['source', 'again'],
  local_model_missing: ['source', 'again'],
  model_unknown: ['model', 'again'],
  context_too_long: ['context', 'again', 'model', 'new'],
  content_refused: ['again'],
  request_refused: ['model', 'again'],
  store_read_only: [],
  store_newer: [],
  store_corrupt: []
};

/** What helps with an answer that failed, the likeliest first. */
export function remediesOf(message: Message): readonly Remedy[] {
  const code = message.problem?.code;
  const known = code && REMEDIES[code];
  return known ?? (isUnfinished(message) ? ['continue', 'again'] : ['again']);
}

/** What a person can do about an answer that failed, as buttons. */
export function useProblemActions(
  message: Message,
  again: () => void
): readonly Action[] {
  const { services, trans, panes, chooseModel, showContext, focusComposer } = useChat();
  const run: Record<Remedy, () => void> = {
    continue: () => {
      focusComposer(); // the buttons go
      void services.branches.goOn(message);
    },
    again,
    model: chooseModel,
    context: showContext,
    source: () => {
      services.store.update(state => ({ ...state, screen: 'settings' }));
    },
    new: () => {
      services.following.openNew();
      focusComposer();
    }
  };
  return remediesOf(message)
    .filter(remedy => remedy !== 'context' || panes !== undefined)
    .map(remedy => ({ label: labelOf(remedy, message, trans), run: run[remedy] }));
}

/** The way to where a source is set up, if that is what the problem is about. */
export function useSourceActions(
  problem: Problem | null,
  before: () => void
): readonly Action[] {
  const { services, trans } = useChat();
  if (problem === null || REMEDIES[problem.code]?.includes('source') !== true) {
    return [];
  }
  const run = () => {
    before();
    services.store.update(state => ({ ...state, screen: 'settings' }));
  };
  return [{ label: sourceLabel(problem.code, trans), run }];
}

function labelOf(remedy: Remedy, message: Message, trans: Translator): string {
  const code = message.problem?.code;
  switch (remedy) {
    case 'continue':
      return trans.__('Continue');
    case 'again':
      return hasFailed(message) ? trans.__('Retry') : trans.__('Answer again');
    case 'model':
      return code === 'request_refused'
        ? trans.__('Change the settings')
        : trans.__('Choose another model');
    case 'context':
      return trans.__('What the model sees');
    case 'new':
      return trans.__('New conversation');
    case 'source':
      return sourceLabel(code, trans);
  }
}

function sourceLabel(code: Code | undefined, trans: Translator): string {
  switch (code) {
    case 'no_key':
      return trans.__('Set up a model');
    case 'budget_spent':
      return trans.__('Change the limit');
    case 'local_model_missing':
      return trans.__('Show how to install it');
    default:
      return trans.__('Change the key');
  }
}
