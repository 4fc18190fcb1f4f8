import { useEffect } from 'react';
import { useChat } from './context';

/** Nobody tells a window what was changed in another one in one's own settings: ask when it
 * is looked at again. */
export function useFreshAccount(): void {
  const { services } = useChat();
  useEffect(() => {
    const ask = () => {
      if (
        document.visibilityState === 'visible' &&
        services.store.state.account !== null
      ) {
        void services.rest
          .account()
          .then(found => {
            const { account } = services.store.state;
            if (JSON.stringify(found) !== JSON.stringify(account)) {
              services.store.update(state => ({ ...state, account: found }));
            }
          })
          .catch(() => undefined); // what was known stays
      }
    };
    window.addEventListener('focus', ask);
    document.addEventListener('visibilitychange', ask);
    return () => {
      window.removeEventListener('focus', ask);
      document.removeEventListener('visibilitychange', ask);
    };
  }, [services]);
}
