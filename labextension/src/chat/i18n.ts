/** The part of JupyterLab's `TranslationBundle` that the chat uses. */
export interface Translator {
  /** Translate `text`, with `%1`, `%2`… replaced by the arguments. */
  __(text: string, ...values: unknown[]): string;
  /** Likewise for a number: `%1` is `count`, `%2`… the other arguments. */
  _n(singular: string, plural: string, count: number, ...values: unknown[]): string;
}

/** Speaks English, for where there is no JupyterLab. */
export const english: Translator = {
  __: fill,
  _n: (singular, plural, count, ...values) =>
    fill(count === 1 ? singular : plural, count, ...values)
};

function fill(text: string, ...values: unknown[]): string {
  return text.replace(/%(\d+)/g, (_, number: string) =>
    String(values[Number(number) - 1])
  );
}
