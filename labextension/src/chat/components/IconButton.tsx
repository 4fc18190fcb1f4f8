import { type ButtonHTMLAttributes, forwardRef } from 'react';
import type { Icon } from './icons';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: Icon;
  /** The name, for screen readers and as a tooltip. */
  readonly label: string;
}

/** A button that shows an icon only. */
export const IconButton = forwardRef<HTMLButtonElement, Props>(function IconButton(
  { icon: Drawn, label, className = '', ...others },
  ref
) {
  return (
    <button
      ref={ref}
      type="button"
      className={`jc-IconButton ${className}`}
      aria-label={label}
      title={label}
      {...others}
    >
      <Drawn />
    </button>
  );
});
