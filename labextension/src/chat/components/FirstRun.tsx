import { SourceCards } from './SourceCards';
import { useChat } from './context';

/** What is shown as long as there is no model that could answer. */
export function FirstRun() {
  const { trans } = useChat();
  return (
    <div className="jc-Welcome">
      <h3>{trans.__('Who should answer?')}</h3>
      <p>{trans.__('Choose one to begin; it can be changed at any time.')}</p>
      <SourceCards />
    </div>
  );
}
