import { useEffect, useState } from 'react';
import type { Budget } from '../protocol';
import { useChat, useChatState } from './context';
import { useOnline } from './hooks';

/** What may be spent and has been, anew whenever an answer begins or ends; `null` until it is
 * known. */
export function useBudget(): Budget | null {
  const { services } = useChat();
  const limit = useChatState(state => state.account?.monthly_limit);
  const latest = useChatState(({ threads }) =>
    threads.threads.reduce((latest, { updated_at: at }) => Math.max(latest, at), 0)
  );
  const online = useOnline();
  const [budget, setBudget] = useState<Budget | null>(null);
  useEffect(() => {
    let isWanted = online;
    if (isWanted) {
      void services.rest
        .get<Budget>('budget')
        .then(found => {
          if (isWanted) {
            setBudget(found);
          }
        })
        .catch(() => undefined); // what was known stays
    }
    return () => {
      isWanted = false;
    };
  }, [services, limit, latest, online]);
  return budget;
}
