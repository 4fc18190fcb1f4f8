import type { Translator } from '../i18n';

interface Props {
  readonly text: string;
  readonly streaming: boolean;
  readonly trans: Translator;
}

export function Markdown({ text }: Props) {
  return <div className="jc-Question-text">{text}</div>;
}
