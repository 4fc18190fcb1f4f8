/** The part of an anywidget model that is used here; `Traits` are those of `ChatWidget`. */
export interface Model {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, listener: (content: never) => void): void;
  off(event: string, listener: (content: never) => void): void;
}

export interface Traits {
  thread_id: string;
  height: string;
  draft: string;
  _is_new: boolean;
  _settings: object;
  _attached: object[];
  _epoch: string;
  _problem: string;
  _html: string;
  _version: string;
}

/** Calls `listener` whenever the trait changes, until what it returns is called. */
export function onChange(
  model: Model,
  name: keyof Traits,
  listener: () => void
): () => void {
  const event = `change:${name}`;
  model.on(event, listener);
  return () => {
    model.off(event, listener);
  };
}
