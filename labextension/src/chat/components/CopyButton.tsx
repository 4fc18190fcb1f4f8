import { useEffect, useState } from 'react';
import { pageUrl } from '../client/server';
import type { Message } from '../protocol';
import { IconButton } from './IconButton';
import { copyText } from './clipboard';
import { useChat } from './context';
import { CopyIcon, DoneIcon, type Icon, LinkIcon } from './icons';

const SHOWN_FOR = 1500;

interface Props {
  readonly text: string;
  readonly icon?: Icon;
  /** What is copied, where that is not the text one sees. */
  readonly label?: string;
}

/** Copies the address under which a message is found again. */
export function CopyLinkButton({ message }: { readonly message: Message }) {
  const { services, trans } = useChat();
  return (
    <CopyButton
      text={pageUrl(services.server, message.thread_id, message.id)}
      icon={LinkIcon}
      label={trans.__('Copy link to this message')}
    />
  );
}

export function CopyButton({ text, icon = CopyIcon, label }: Props) {
  const { trans, announce } = useChat();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) {
      return undefined;
    }
    const timer = setTimeout(() => {
      setCopied(false);
    }, SHOWN_FOR);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);

  return (
    <IconButton
      icon={copied ? DoneIcon : icon}
      label={copied ? trans.__('Copied') : (label ?? trans.__('Copy'))}
      onClick={() => {
        void copyText(text).then(done => {
          setCopied(done);
          announce(
            done ? trans.__('Copied') : trans.__('The browser did not allow copying.')
          );
        });
      }}
    />
  );
}
