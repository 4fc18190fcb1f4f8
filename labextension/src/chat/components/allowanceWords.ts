import type { Translator } from '../i18n';
import type { Allowance } from '../protocol';
import { number, timeAndDay } from './format';
import { dollars } from './usageFormat';

/** What is limited: `Tokens today`. */
export function nameOf({ measure, span }: Allowance, trans: Translator): string {
  if (measure === 'replies' || span == null) {
    return trans.__('Answers at a time');
  }
  const names = {
    requests: {
      minute: trans.__('Requests this minute'),
      day: trans.__('Requests today'),
      month: trans.__('Requests this month')
    },
    tokens: {
      minute: trans.__('Tokens this minute'),
      day: trans.__('Tokens today'),
      month: trans.__('Tokens this month')
    },
    dollars: {
      minute: trans.__('Cost this minute'),
      day: trans.__('Cost today'),
      month: trans.__('Cost this month')
    }
  };
  return names[measure][span];
}

/** The same, with whose requests count if not one's own alone. */
export function fullNameOf(allowance: Allowance, trans: Translator): string {
  const name = nameOf(allowance, trans);
  switch (allowance.whose) {
    case 'own':
      return name;
    case 'role':
      return trans.__('%1, all with your role', name);
    case 'all':
      return trans.__('%1, everybody together', name);
  }
}

/** `8,000 of 10,000`. */
export function takenOf(allowance: Allowance, trans: Translator): string {
  const { taken, most } = allowance;
  return trans.__('%1 of %2', amount(allowance, taken), amount(allowance, most));
}

export function leftOf(allowance: Allowance): string {
  return amount(allowance, Math.max(allowance.most - allowance.taken, 0));
}

/** When it is counted anew; nobody knows when an answer ends. */
export function resetOf({ resets_at: at }: Allowance, trans: Translator): string | null {
  return at == null ? null : trans.__('anew %1', timeAndDay(at, new Date()));
}

/** How much of it is taken, from 0 to 1. */
export function shareOf({ taken, most }: Allowance): number {
  return most === 0 ? 1 : Math.min(taken / most, 1);
}

function amount({ measure }: Allowance, count: number): string {
  return measure === 'dollars' ? dollars(count) : number(count);
}
