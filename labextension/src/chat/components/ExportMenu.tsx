import { useCallback, useEffect, useRef, useState } from 'react';
import type { Problem } from '../protocol';
import type { ExportFormat } from '../state/exchange';
import { IconButton } from './IconButton';
import { ProblemNote } from './ProblemNote';
import { useChat } from './context';
import { useDismiss } from './hooks';
import { ExportIcon } from './icons';
import { moveFocus } from './menuFocus';

export const FORMATS: readonly ExportFormat[] = ['markdown', 'ipynb', 'json'];

/** What the formats are called. */
export function useFormatNames(): Readonly<Record<ExportFormat, string>> {
  const { trans } = useChat();
  return {
    markdown: trans.__('Markdown'),
    ipynb: trans.__('Notebook'),
    json: trans.__('JSON, to import again')
  };
}

/** Saves the conversation as a file of the kind that is chosen. */
export function ExportMenu({ threadId }: { readonly threadId: string }) {
  const { services, trans } = useChat();
  const names = useFormatNames();
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const element = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const leave = useCallback(() => {
    setOpen(false);
    setProblem(null);
    button.current?.focus();
  }, []);
  useDismiss(element, open, leave);
  useEffect(() => {
    if (open) {
      menu.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    }
  }, [open]);

  const choose = async (format: ExportFormat) => {
    const found = await services.takingAlong.export(format, threadId);
    if (found === null) {
      leave();
    } else {
      setProblem(found);
    }
  };
  return (
    <div className="jc-ExportMenu" ref={element}>
      <IconButton
        ref={button}
        icon={ExportIcon}
        label={trans.__('Export the conversation')}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => {
          if (open) {
            leave();
          } else {
            setOpen(true);
          }
        }}
      />
      {open && (
        <div className="jc-ExportMenu-list">
          <div
            ref={menu}
            role="menu"
            aria-label={trans.__('Export as')}
            onKeyDown={moveFocus}
          >
            {FORMATS.map(format => (
              <button
                key={format}
                type="button"
                role="menuitem"
                tabIndex={-1}
                onClick={() => {
                  void choose(format);
                }}
              >
                {names[format]}
              </button>
            ))}
          </div>
          {problem !== null && <ProblemNote problem={problem} />}
        </div>
      )}
    </div>
  );
}
