import type { Model, ModelList, ThreadSettings } from '../protocol';
import { useChatState } from './context';
import { useThread } from './hooks';

interface ModelSettings {
  /** What this conversation itself sets. */
  readonly own: ThreadSettings;
  /** What applies where it sets nothing. */
  readonly defaults: ThreadSettings;
  /** The model in use, as far as it is known. */
  readonly model: Model | undefined;
  readonly modelId: string | null;
  /** What to call it. */
  readonly name: string | null;
}

/** How the next answer of the conversation will be made. */
export function useModelSettings(): ModelSettings {
  const thread = useThread();
  const newSettings = useChatState(state => state.newSettings);
  const defaults = useChatState(state => state.account?.defaults) ?? NONE;
  const models = useChatState(state => state.models);
  const own = thread?.settings ?? newSettings;
  const modelId = own.model ?? defaults.model ?? models?.default ?? null;
  const model = modelNamed(models, modelId);
  return { own, defaults, model, modelId, name: model?.name ?? modelId };
}

/** What is known of a model: also of one that is not offered, or no more. */
export function modelNamed(
  models: ModelList | null,
  id: string | null | undefined
): Model | undefined {
  return [models?.models, models?.unlisted, models?.gone]
    .flatMap(some => some ?? [])
    .find(model => model.id === id);
}

const NONE: ThreadSettings = {};
