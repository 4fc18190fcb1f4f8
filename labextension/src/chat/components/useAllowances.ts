import { useEffect, useState } from 'react';
import type { Allowances } from '../protocol';
import { useChat, useChatState } from './context';
import { useOnline } from './hooks';

/** What one may ask on this server, anew whenever an answer begins or ends; `null` until it is
 * known. */
export function useAllowances(): Allowances | null {
  const { services } = useChat();
  const latest = useChatState(({ threads }) =>
    threads.threads.reduce((latest, { updated_at: at }) => Math.max(latest, at), 0)
  );
  const online = useOnline();
  const [found, setFound] = useState<Allowances | null>(null);
  // Where nothing is counted, nothing changes with what is asked.
  const isCounted = found === null || found.allowances.length > 0;
  const moment = isCounted ? latest : 0;
  useEffect(() => {
    let isWanted = online;
    if (isWanted) {
      void services.rest
        .get<Allowances>('limits')
        .then(allowances => {
          if (isWanted) {
            setFound(allowances);
          }
        })
        .catch(() => undefined); // what was known stays
    }
    return () => {
      isWanted = false;
    };
  }, [services, moment, online]);
  return found;
}
