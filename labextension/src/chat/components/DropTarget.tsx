import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useChat } from './context';
import { AttachIcon } from './icons';

/** Takes files that are dropped on the chat around it, or pasted where one types. */
export function DropTarget({ onFiles }: { readonly onFiles: (files: File[]) => void }) {
  const { trans } = useChat();
  const place = useRef<HTMLSpanElement>(null);
  const [chat, setChat] = useState<Element | null>(null);
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFiles);
  latest.current = onFiles;

  useEffect(() => {
    const found = place.current?.closest<HTMLElement>('.jc-Chat') ?? null;
    setChat(found);
    return found === null
      ? undefined
      : takeFiles(found, setOver, files => {
          latest.current(files);
        });
  }, []);

  return (
    <span ref={place} hidden>
      {isOver &&
        chat !== null &&
        createPortal(
          <div className="jc-Drop">
            <AttachIcon />
            {trans.__('Drop to attach')}
          </div>,
          chat
        )}
    </span>
  );
}

/** Listen on an element; what is returned ends that. */
function takeFiles(
  chat: HTMLElement,
  setOver: (isOver: boolean) => void,
  onFiles: (files: File[]) => void
): () => void {
  const over = (event: DragEvent) => {
    if (hasFiles(event)) {
      event.preventDefault(); // or the browser would open the file
      setOver(true);
    }
  };
  const leave = ({ relatedTarget }: DragEvent) => {
    if (!(relatedTarget instanceof Node && chat.contains(relatedTarget))) {
      setOver(false);
    }
  };
  const drop = (event: DragEvent) => {
    setOver(false);
    if (hasFiles(event)) {
      event.preventDefault();
      onFiles([...(event.dataTransfer?.files ?? [])]);
    }
  };
  const paste = (event: ClipboardEvent) => {
    const { target, clipboardData } = event;
    const files = [...(clipboardData?.files ?? [])];
    // Tables and texts of other programs come with a picture of themselves: they are text.
    const isText = clipboardData?.types.includes('text/plain') === true;
    const isHere =
      target instanceof HTMLTextAreaElement && target.closest('.jc-Composer') !== null;
    if (isHere && files.length > 0 && !isText) {
      event.preventDefault();
      onFiles(files);
    }
  };
  chat.addEventListener('dragenter', over);
  chat.addEventListener('dragover', over);
  chat.addEventListener('dragleave', leave);
  chat.addEventListener('drop', drop);
  chat.addEventListener('paste', paste);
  return () => {
    chat.removeEventListener('dragenter', over);
    chat.removeEventListener('dragover', over);
    chat.removeEventListener('dragleave', leave);
    chat.removeEventListener('drop', drop);
    chat.removeEventListener('paste', paste);
  };
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') === true;
}
