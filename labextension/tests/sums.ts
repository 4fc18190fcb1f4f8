import type { UsageSum } from '../src/chat/protocol';

/** What one request has taken and cost, or what `changes` say. */
export function aSum(key: string, changes: Partial<UsageSum> = {}): UsageSum {
  return {
    key,
    requests: 1,
    input_tokens: 1000,
    output_tokens: 500,
    cached_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost: 0.5,
    unpriced: 0,
    estimated: 0,
    at_most: 0,
    ...changes
  };
}
