import { useRef, useState } from 'react';
import { problemOf } from '../../chat/client/problem';
import type { Problem } from '../../chat/protocol';

/** A form that is sent: what was refused stands beside its field, which takes the focus. */
export function useForm(send: () => Promise<void>) {
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isBusy = useRef(false);
  const submit = async () => {
    if (isBusy.current) {
      return; // the button is not disabled meanwhile: it would lose the focus
    }
    isBusy.current = true;
    setProblem(null);
    try {
      await send();
    } catch (error) {
      const refused = problemOf(error);
      setProblem(refused);
      form.current
        ?.querySelector<HTMLElement>(`[name="${refused.field ?? ''}"]`)
        ?.focus();
    } finally {
      isBusy.current = false;
    }
  };
  return {
    form,
    problem,
    onSubmit: (event: { preventDefault: () => void }) => {
      event.preventDefault();
      void submit();
    }
  };
}
