import { ProblemError } from '../../chat/client/problem';
import { number } from '../../chat/components/format';
import type { Translator } from '../../chat/i18n';
import type { LimitRules, LimitScope, Rule } from '../../chat/protocol';

export type RuleField = keyof Rule;

/** Of what is counted: these can be said of many people together as well. */
export const COUNTED = [
  'requests_per_minute',
  'tokens_per_minute',
  'concurrent_replies',
  'tokens_per_day',
  'tokens_per_month',
  'dollars_per_day',
  'dollars_per_month'
] as const satisfies readonly RuleField[];

/** Of each person. */
export const OWN = [
  'max_output_tokens',
  'models'
] as const satisfies readonly RuleField[];

export function nameOfField(field: RuleField, trans: Translator): string {
  switch (field) {
    case 'requests_per_minute':
      return trans.__('Requests a minute');
    case 'tokens_per_minute':
      return trans.__('Tokens a minute');
    case 'concurrent_replies':
      return trans.__('Answers at a time');
    case 'tokens_per_day':
      return trans.__('Tokens a day');
    case 'tokens_per_month':
      return trans.__('Tokens a month');
    case 'dollars_per_day':
      return trans.__('US dollars a day');
    case 'dollars_per_month':
      return trans.__('US dollars a month');
    case 'max_output_tokens':
      return trans.__('Longest answer, in tokens');
    case 'models':
      return trans.__('Models that may be used');
  }
}

/** Whose limits are looked at: `everyone`, `role:student`, `person:ID`, `together`,
 * `role_together:student`. */
export interface Whose {
  readonly scope: LimitScope;
  readonly name: string;
}

export function ruleOf(rules: LimitRules, { scope, name }: Whose): Rule {
  switch (scope) {
    case 'everyone':
      return rules.everyone ?? {};
    case 'together':
      return rules.together ?? {};
    case 'person':
      return rules.users?.[name] ?? {};
    case 'role':
      return rules.roles?.[name] ?? {};
    case 'role_together':
      return rules.roles?.[name]?.together ?? {};
  }
}

/** What is said of a limit, as it is typed: nothing, `none`, or so much. */
export function typed(value: Rule[RuleField], trans: Translator): string {
  if (value === undefined) {
    return '';
  }
  if (value === null) {
    return trans.__('none');
  }
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** The same to be read: `10,000`. */
export function shown(value: Rule[RuleField], trans: Translator): string {
  return typeof value === 'number' ? number(value) : typed(value, trans);
}

/** What was typed of all fields; throws a `ProblemError` that names the field. */
export function readRule(
  entered: Readonly<Partial<Record<RuleField, string>>>,
  trans: Translator
): Rule {
  const rule: Record<string, unknown> = {};
  for (const [field, text] of Object.entries(entered) as [RuleField, string][]) {
    const value = text.trim();
    if (value === '') {
      continue;
    }
    if (value.toLowerCase() === trans.__('none').toLowerCase()) {
      rule[field] = null;
    } else if (field === 'models') {
      rule[field] = value.split(/[\s,]+/).filter(pattern => pattern !== '');
    } else {
      rule[field] = readNumber(field, value, trans);
    }
  }
  return rule;
}

function readNumber(field: RuleField, text: string, trans: Translator): number {
  const value = Number(text.replace(/[\s_,]/g, ''));
  const isWhole = field.startsWith('dollars') || Number.isInteger(value);
  if (!Number.isFinite(value) || value < 0 || !isWhole) {
    throw new ProblemError({
      code: 'invalid',
      message: field.startsWith('dollars')
        ? trans.__('Enter a number such as 2.50, “none”, or nothing.')
        : trans.__('Enter a whole number, “none”, or nothing.'),
      field: `rule.${field}`
    });
  }
  return value;
}
