import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import {
  type Cells,
  type Place,
  type Replaceable,
  type TakeBack,
  fits,
  isText,
  useCells,
  usePlace
} from '../cells';
import { problemOf } from '../client/problem';
import type { Translator } from '../i18n';
import type { CodeActions } from '../markdown/codeActions';
import { Difference } from './Difference';
import { IconButton } from './IconButton';
import { type MenuItem, Popup, useMenuButton } from './Menu';
import { useChat } from './context';
import { AddIcon, EditIcon, InsertIcon, MoreIcon, RunIcon } from './icons';

/** What is said or asked below the head of a code block. */
type Panel =
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'run'; readonly placeId: string }
  | {
      readonly kind: 'replace';
      readonly placeId: string;
      readonly cell: Replaceable;
      readonly changed?: boolean;
    };

/** What can be done with the code of an answer in a notebook. */
export const CellActions: CodeActions = ({ code, language, open, room }) => {
  const cells = useCells();
  return cells === null || open ? null : (
    <Actions cells={cells} code={code.trimEnd()} language={language} room={room} />
  );
};

interface Props {
  readonly cells: Cells;
  readonly code: string;
  readonly language: string;
  readonly room: HTMLElement | null;
}

function Actions({ cells, code, language, room }: Props) {
  const { services, trans, announce } = useChat();
  const place = usePlace(cells);
  const { reason, notebook } = place;
  const [panel, setPanel] = useState<Panel | null>(null);
  const { button, anchor, close } = useMenuButton();
  const off = reason ?? undefined;
  // A question about one notebook is none about the next.
  const shown = panel?.kind === 'note' || panel?.placeId === place.id ? panel : null;

  const leave = () => {
    setPanel(null);
    button.ref.current?.focus({ preventScroll: true });
  };
  const say = (text: string) => {
    setPanel({ kind: 'note', text });
    announce(text);
  };
  const offer = (text: string, takeBack: TakeBack) => {
    setPanel(null);
    services.organising.offer(text, () => {
      const refusal = takeBack();
      if (refusal !== null) {
        say(refusal);
      }
    });
  };
  const carryOut = (work: Promise<void>) => {
    setPanel(null);
    work.catch((error: unknown) => {
      say(problemOf(error).message);
    });
  };

  const insert = (where: 'above' | 'below') => {
    if (reason !== null) {
      say(reason);
      return;
    }
    offer(
      where === 'above'
        ? trans.__('Inserted above in %1.', notebook)
        : trans.__('Inserted below in %1.', notebook),
      cells.insert({ code, language }, where)
    );
  };
  const compare = () => {
    const cell = cells.current();
    if (cell === null) {
      say(reason ?? trans.__('There is no cell to replace.'));
    } else if (cell.locked) {
      say(trans.__('%1 is closed to changes.', cell.name));
    } else if (cell.isText !== isText(language)) {
      say(
        cell.isText
          ? trans.__('%1 holds text: insert the code beside it.', cell.name)
          : trans.__('%1 holds code: insert the text beside it.', cell.name)
      );
    } else if (cell.source === code) {
      say(trans.__('%1 holds this already.', cell.name));
    } else {
      setPanel({ kind: 'replace', placeId: place.id, cell });
    }
  };
  const replace = (cell: Replaceable) => {
    const takeBack = cells.replace(cell, code);
    if (takeBack !== null) {
      leave();
      offer(trans.__('%1 of %2 replaced.', cell.name, notebook), takeBack);
      return;
    }
    const now = cells.current();
    if (now?.id === cell.id) {
      setPanel({ kind: 'replace', placeId: place.id, cell: now, changed: true });
    } else {
      say(trans.__('%1 has changed meanwhile. Nothing was replaced.', cell.name));
    }
  };
  const notRunnable = whyNotRun(language, place, trans);

  const items: readonly MenuItem[] = [
    {
      label: trans.__('Insert above'),
      icon: InsertIcon,
      off,
      run: () => {
        insert('above');
      }
    },
    { label: trans.__('Replace cell…'), icon: EditIcon, off, run: compare },
    {
      label: trans.__('Run…'),
      icon: RunIcon,
      off: notRunnable,
      run: () => {
        if (notRunnable === undefined) {
          setPanel({ kind: 'run', placeId: place.id });
        } else {
          say(notRunnable);
        }
      }
    },
    {
      label: trans.__('New notebook'),
      icon: AddIcon,
      run: () => {
        carryOut(cells.newNotebook({ code, language }));
      }
    }
  ];
  const below =
    reason === null
      ? trans.__('Insert below in %1', notebook)
      : trans.__('Insert below: %1', reason);
  return (
    <>
      <IconButton
        icon={InsertIcon}
        label={below}
        aria-disabled={reason === null ? undefined : true}
        onClick={() => {
          insert('below');
        }}
      />
      <IconButton {...button} icon={MoreIcon} label={trans.__('More for this code')} />
      {anchor !== null && (
        <Popup
          label={trans.__('More for this code')}
          items={items}
          anchor={anchor}
          onClose={close}
        />
      )}
      {shown !== null &&
        room !== null &&
        createPortal(
          <PanelView
            panel={shown}
            notebook={notebook}
            code={code}
            onLeave={leave}
            onReplace={replace}
            onRun={() => {
              leave();
              announce(trans.__('Running in %1.', notebook));
              carryOut(cells.run(code));
            }}
          />,
          room
        )}
    </>
  );
}

/** Why this code cannot be run there; `undefined`: it can. */
function whyNotRun(
  language: string,
  { reason, notebook, language: kernel }: Place,
  trans: Translator
): string | undefined {
  if (reason !== null) {
    return reason;
  }
  if (isText(language) || !fits(language, kernel)) {
    const runs = kernel || trans.__('code');
    return trans.__('This is %1, and %2 runs %3.', language, notebook, runs);
  }
  return undefined;
}

interface PanelProps {
  readonly panel: Panel;
  readonly notebook: string;
  readonly code: string;
  readonly onLeave: () => void;
  readonly onReplace: (cell: Replaceable) => void;
  readonly onRun: () => void;
}

function PanelView(props: PanelProps) {
  const { panel, notebook, code, onLeave, onReplace, onRun } = props;
  const { trans } = useChat();
  const first = useRef<HTMLButtonElement>(null);
  const { kind } = panel;
  useEffect(() => {
    if (kind !== 'note') {
      first.current?.focus(); // what was chosen in the menu goes on here
    }
  }, [kind]);

  switch (kind) {
    case 'note':
      return (
        <Box label={panel.text} onLeave={onLeave}>
          <p>{panel.text}</p>
          <Choice label={trans.__('Close')} onChoose={onLeave} />
        </Box>
      );
    case 'run': {
      const question = trans.__('Run this in %1?', notebook);
      return (
        <Box label={question} onLeave={onLeave}>
          <p>{question}</p>
          <span className="jc-Buttons">
            <Choice accent label={trans.__('Run')} onChoose={onRun} />
            {/* What runs cannot be taken back, so a second Enter must do no harm. */}
            <Choice button={first} label={trans.__('Cancel')} onChoose={onLeave} />
          </span>
        </Box>
      );
    }
    case 'replace': {
      const question = trans.__('Replace %1 of %2?', panel.cell.name, notebook);
      return (
        <Box label={question} onLeave={onLeave}>
          <p>
            {question}
            {panel.changed === true &&
              ` ${trans.__('It has changed meanwhile; this is the difference now.')}`}
          </p>
          <Difference before={panel.cell.source} after={code} />
          <span className="jc-Buttons">
            <Choice
              accent
              button={first}
              label={trans.__('Replace')}
              onChoose={() => {
                onReplace(panel.cell);
              }}
            />
            <Choice label={trans.__('Cancel')} onChoose={onLeave} />
          </span>
        </Box>
      );
    }
  }
}

interface BoxProps {
  readonly label: string;
  readonly onLeave: () => void;
  readonly children: ReactNode;
}

function Box({ label, onLeave, children }: BoxProps) {
  const box = useRef<HTMLDivElement>(null);
  useStayInView(box);
  return (
    <div
      ref={box}
      className="jc-CodePanel"
      role="group"
      aria-label={label}
      dir="auto"
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.preventDefault();
          event.stopPropagation();
          onLeave();
        }
      }}
    >
      {children}
    </div>
  );
}

/** Whoever follows the end of a conversation would have it pushed out of view. */
function useStayInView(element: RefObject<HTMLElement>): void {
  useEffect(() => {
    const shown = element.current;
    if (shown === null) {
      return undefined;
    }
    let frame = 0;
    const show = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(() => {
          shown.scrollIntoView({ block: 'nearest' }); // after the list has moved
        });
      });
    };
    show();
    const observer = new ResizeObserver(show);
    observer.observe(shown);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
    };
  }, [element]);
}

interface ChoiceProps {
  readonly label: string;
  readonly accent?: boolean;
  readonly button?: RefObject<HTMLButtonElement>;
  readonly onChoose: () => void;
}

function Choice({ label, accent, button, onChoose }: ChoiceProps) {
  return (
    <button
      ref={button}
      type="button"
      className={accent === true ? 'jc-Button jc-mod-accent' : 'jc-Button'}
      onClick={onChoose}
    >
      {label}
    </button>
  );
}
