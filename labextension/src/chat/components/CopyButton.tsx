import { useEffect, useState } from 'react';
import { IconButton } from './IconButton';
import { copyText } from './clipboard';
import { useChat } from './context';
import { CopyIcon, DoneIcon } from './icons';

const SHOWN_FOR = 1500;

export function CopyButton({ text }: { readonly text: string }) {
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
      icon={copied ? DoneIcon : CopyIcon}
      label={copied ? trans.__('Copied') : trans.__('Copy')}
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
