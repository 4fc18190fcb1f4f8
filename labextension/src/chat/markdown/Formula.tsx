import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useChat } from '../components/context';
import { soon } from './slices';
import { typesetter } from './typesetter';

interface Props {
  /** In TeX. */
  readonly source: string;
  /** It stands in a line of its own. */
  readonly display: boolean;
  /** It has no end, perhaps not yet: it is not drawn. */
  readonly open: boolean;
}

interface Drawn {
  readonly source: string;
  /** Missing if the source cannot be drawn. */
  readonly element?: HTMLElement;
}

/** A formula; its source until it is drawn, and if it cannot be. */
export const Formula = memo(function Formula({ source, display, open }: Props) {
  const { trans } = useChat();
  const place = useRef<HTMLSpanElement>(null);
  const [drawn, setDrawn] = useState<Drawn>();
  const element = drawn?.source === source ? drawn.element : undefined;
  const failed = drawn?.source === source && element === undefined;

  useEffect(() => {
    return open
      ? undefined
      : soon(typesetter(), typeset => {
          setDrawn({ source, element: typeset(source, display) });
        });
  }, [source, display, open]);

  useLayoutEffect(() => {
    place.current?.replaceChildren(...(element === undefined ? [] : [element]));
  }, [element]);

  const className = display ? 'jc-Formula jc-mod-display' : 'jc-Formula';
  return element !== undefined ? (
    <span key="drawn" className={className} ref={place} dir="ltr" />
  ) : (
    <code
      key="source"
      className={className}
      dir="ltr"
      title={failed ? trans.__('This formula could not be drawn') : undefined}
    >
      {source}
    </code>
  );
});
