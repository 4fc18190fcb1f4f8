import type { Translator } from '../i18n';
import type { Model } from '../protocol';

const DAY = 86_400_000;
/** For so long before it is worth knowing. */
const AHEAD = 60 * DAY;

/** Days as they are called everywhere: what they are here would depend on the clock. */
const dayFormat = new Intl.DateTimeFormat(undefined, {
  ...{ day: 'numeric', month: 'short' },
  timeZone: 'UTC'
});
const yearFormat = new Intl.DateTimeFormat(undefined, {
  ...{ day: 'numeric', month: 'short', year: 'numeric' },
  timeZone: 'UTC'
});

interface Shutdown {
  /** The first day on which the model does not answer. */
  readonly day: string;
  readonly isOver: boolean;
}

/** `null`: there is none, or not soon. */
export function shutdownOf(model: Model, now: number): Shutdown | null {
  const at = Date.parse(model.shutdown_date ?? '');
  if (Number.isNaN(at) || at - now > AHEAD) {
    return null;
  }
  const isOver = at <= now;
  const isLongAgo = isOver && now - at > AHEAD;
  return { day: (isLongAgo ? yearFormat : dayFormat).format(at), isOver };
}

/** What stands beside a model in a list: `until 11 Dec`. */
export function remarkOn(model: Model, trans: Translator): string {
  const shutdown = shutdownOf(model, Date.now());
  return shutdown === null || shutdown.isOver ? '' : trans.__('until %1', shutdown.day);
}
