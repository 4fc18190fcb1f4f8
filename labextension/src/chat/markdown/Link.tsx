import type { ReactNode } from 'react';
import { isSafeLink } from './links';

interface Props {
  readonly address: string;
  readonly children: ReactNode;
}

/** A link to elsewhere; its tooltip tells where it really leads. */
export function Link({ address, children }: Props) {
  return isSafeLink(address) ? (
    <a href={address} title={address} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ) : (
    children
  );
}
