import { useState } from 'react';
import { useChat } from '../components/context';
import { imageHost } from './links';

interface Props {
  readonly address: string;
  readonly alt: string;
  /** It stands in a link, where no button may be. */
  readonly inLink: boolean;
}

/**
 * An image from elsewhere, fetched only when the person asks for it: the address was
 * written by a model, and fetching it would tell that host what the model put in there.
 */
export function RemoteImage({ address, alt, inLink }: Props) {
  const { trans } = useChat();
  const [state, setState] = useState<'waiting' | 'shown' | 'failed'>('waiting');
  const host = imageHost(address);
  if (host === undefined || inLink) {
    return alt === '' ? trans.__('Image') : alt;
  }
  if (state === 'shown') {
    return (
      <img
        src={address}
        alt={alt}
        title={address}
        referrerPolicy="no-referrer"
        onError={() => {
          setState('failed');
        }}
      />
    );
  }
  return (
    <button
      type="button"
      className="jc-Image"
      title={address}
      onClick={() => {
        setState('shown');
      }}
    >
      <span dir="auto">{alt === '' ? trans.__('Image') : alt}</span>
      <span className="jc-Image-host">
        {state === 'failed'
          ? trans.__('Could not be loaded from %1. Try again', host)
          : trans.__('Show image from %1', host)}
      </span>
    </button>
  );
}
