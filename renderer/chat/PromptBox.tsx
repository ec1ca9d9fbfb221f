import { useState, type SubmitEvent } from 'react';

interface PromptBoxProps {
  running: boolean;
  ask: (prompt: string) => void;
  stop: () => void;
}

/** Where a person writes; while an answer runs, the button stops it. */
export function PromptBox({ running, ask, stop }: PromptBoxProps) {
  const [prompt, setPrompt] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (running) stop();
    else if (prompt.trim() !== '') ask(prompt);
  };
  return (
    <form onSubmit={submit}>
      <textarea aria-label="Prompt" rows={3} value={prompt} onChange={(event) => setPrompt(event.target.value)} />
      <button type="submit">{running ? 'Stop' : 'Ask'}</button>
    </form>
  );
}
