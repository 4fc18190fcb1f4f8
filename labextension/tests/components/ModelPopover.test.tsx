import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { DOWN, aThread } from '../server';
import { type OnScreen, openThread, showChat } from './chat';

async function showPopover(): Promise<OnScreen> {
  const chat = await showChat();
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  return chat;
}

const settings = (chat: OnScreen) => chat.services.store.state.newSettings;

it('offers only what the model takes', async () => {
  const chat = await showPopover();
  expect(screen.getByRole('group', { name: 'Temperature' })).toBeVisible();
  expect(screen.queryByLabelText('Thinking effort')).toBeNull();
  await chat.user.click(screen.getByRole('option', { name: 'Thinker' }));
  expect(screen.queryByRole('group', { name: /^Temperature/ })).toBeNull();
  const efforts = within(screen.getByLabelText('Thinking effort')).getAllByRole('option');
  expect(efforts.map(({ textContent }) => textContent)).toEqual(['low', 'high']);
  expect(screen.getByLabelText(/^Longest answer/)).toHaveAttribute('max', '32000');
});

it('finds a model by a part of its name, with the keyboard', async () => {
  const chat = await showPopover();
  const field = screen.getByRole('combobox', { name: 'Model' });
  expect(field).toHaveFocus();
  await chat.user.keyboard('{ArrowDown}{Enter}');
  expect(settings(chat)).toEqual({ model: 'thinker' });
  await chat.user.keyboard('SMA');
  const [first] = screen.getAllByRole('option');
  expect(field).toHaveAttribute('aria-activedescendant', first.id);
  await chat.user.keyboard('{Enter}');
  expect(settings(chat)).toEqual({ model: 'small' });
});

it('takes what is typed exactly, though others begin with it', async () => {
  const chat = await showChat(({ models }) => {
    const model = (id: string, name: string) => ({ id, name });
    models.models.unshift(model('gpt-4-turbo', 'GPT-4 Turbo'), model('gpt-4', 'GPT-4'));
  });
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  for (const typed of ['gpt-4', 'GPT-4']) {
    await chat.user.keyboard(typed);
    expect(screen.getAllByRole('option')[0]).toHaveTextContent(/^GPT-4$/);
    await chat.user.keyboard('{Enter}');
    expect(settings(chat)).toEqual({ model: 'gpt-4' });
  }
});

it('knows models that only the administrator describes, and lists them last', async () => {
  const house = { id: 'house', name: 'House model', max_output_tokens: 256 };
  const chat = await showChat(server => {
    server.models = { ...server.models, unlisted: [house] };
  });
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  const options = screen.getAllByRole('option');
  expect(options.at(-1)).toHaveTextContent('House model');
  await chat.user.click(options[options.length - 1]);
  expect(settings(chat)).toEqual({ model: 'house' });
  expect(screen.getByTitle('Model and settings: House model')).toBeVisible();
  expect(screen.getByLabelText(/^Longest answer/)).toHaveAttribute('max', '256');
});

it('keeps the model that is chosen with a plain Enter', async () => {
  const chat = await showPopover();
  await chat.user.click(screen.getByRole('option', { name: 'Thinker' }));
  await chat.user.keyboard('{Escape}');
  await chat.user.click(screen.getByTitle('Model and settings: Thinker'));
  const chosen = screen.getByRole('option', { name: 'Thinker' });
  expect(chosen).toHaveAttribute('aria-selected', 'true');
  expect(screen.getByRole('combobox', { name: 'Model' })).toHaveAttribute(
    'aria-activedescendant',
    chosen.id
  );
  await chat.user.keyboard('{Enter}');
  expect(settings(chat)).toEqual({ model: 'thinker' });
});

it('takes the name of a model that is not listed', async () => {
  const chat = await showPopover();
  await chat.user.keyboard('my-finetune{Enter}');
  expect(settings(chat)).toEqual({ model: 'my-finetune' });
});

it('leads to the settings where no model is set up', async () => {
  const problem = { code: 'no_key', message: 'No model is set up yet.' } as const;
  const chat = await showChat(server => {
    server.answers.set('GET models', { models: [], default: null, problem });
  });
  await chat.user.click(screen.getByTitle(/^Model and settings/));
  const dialog = within(screen.getByRole('dialog'));
  expect(dialog.getByText(problem.message)).toBeVisible();
  await chat.user.click(dialog.getByRole('button', { name: 'Set up a model' }));
  expect(screen.getByRole('heading', { name: 'Where answers come from' })).toBeVisible();
  await chat.user.click(screen.getByRole('button', { name: 'Back to the conversation' }));
  expect(screen.queryByRole('dialog')).toBeNull();
});

it('asks for the name of a deployment, which is what Azure knows', async () => {
  const chat = await showChat(server => {
    server.account = { ...server.account, source: 'azure' };
  });
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  const field = screen.getByRole('combobox', { name: 'Model' });
  expect(field).toHaveAttribute('placeholder', 'Name of your deployment');
});

it('keeps what was set, and forgets what was emptied', async () => {
  const chat = await showPopover();
  const limit = screen.getByLabelText(/^Longest answer/);
  await chat.user.type(limit, '500');
  await chat.user.type(screen.getByLabelText('System prompt'), ' Be brief. ');
  await chat.user.click(screen.getByRole('combobox', { name: 'Model' }));
  expect(settings(chat)).toEqual({ max_output_tokens: 500, system_prompt: 'Be brief.' });
  await chat.user.clear(limit);
  await chat.user.tab();
  expect(settings(chat)).toEqual({ system_prompt: 'Be brief.' });
});

it.each(['0', '-5', '1.5', '999999999'])(
  'refuses %s as the longest answer',
  async typed => {
    const chat = await showPopover();
    const limit = screen.getByLabelText(/^Longest answer/);
    await chat.user.type(limit, '500');
    await chat.user.tab();
    await chat.user.clear(limit);
    await chat.user.type(limit, typed);
    await chat.user.tab();
    expect(settings(chat)).toEqual({ max_output_tokens: 500 });
    expect(limit).toHaveAttribute('aria-invalid', 'true');
    expect(limit).toHaveAccessibleDescription(/from 1 to 10,000,000/);
    await chat.user.clear(limit);
    await chat.user.type(limit, '600');
    await chat.user.tab();
    expect(settings(chat)).toEqual({ max_output_tokens: 600 });
    expect(limit).toHaveAccessibleDescription('');
  }
);

it('refuses a longer answer than the model can give', async () => {
  const chat = await showPopover();
  await chat.user.click(screen.getByRole('option', { name: 'Thinker' }));
  const limit = screen.getByLabelText(/^Longest answer/);
  await chat.user.type(limit, '32001');
  await chat.user.tab();
  expect(settings(chat)).toEqual({ model: 'thinker' });
  expect(limit).toHaveAccessibleDescription(/from 1 to 32,000/);
});

it('leaves what nobody changed to the default', async () => {
  const defaults = {
    temperature: 0.5,
    max_output_tokens: 900,
    system_prompt: 'Be kind.'
  };
  const chat = await showChat(server => {
    server.account = { ...server.account, defaults };
  });
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  const temperature = screen.getByRole('checkbox', { name: 'My default: 0.5' });
  expect(temperature).toBeChecked();
  const limit = screen.getByLabelText(/^Longest answer/);
  const prompt = screen.getByLabelText('System prompt');
  expect(limit).toHaveValue(900);
  expect(prompt).toHaveValue('Be kind.');
  for (const field of [temperature, limit, prompt]) {
    field.focus();
    await chat.user.tab();
  }
  expect(settings(chat)).toEqual({});
  await chat.user.click(temperature);
  expect(screen.getByRole('slider')).toHaveValue('0.5');
  expect(settings(chat)).toEqual({ temperature: 0.5 });
});

it('shows no slider, whose place looks like a value, before a temperature is wanted', async () => {
  const chat = await showPopover();
  const own = screen.getByRole('checkbox', { name: 'Model’s own' });
  expect(own).toBeChecked();
  expect(screen.queryByRole('slider')).toBeNull();
  await chat.user.click(own);
  const slider = screen.getByRole('slider', { name: 'Temperature 1' });
  fireEvent.change(slider, { target: { value: '1.5' } });
  slider.focus();
  await chat.user.tab();
  expect(settings(chat)).toEqual({ temperature: 1.5 });
  await chat.user.click(own);
  expect(screen.queryByRole('slider')).toBeNull();
  expect(settings(chat)).toEqual({});
});

it('changes the conversation that is open, and shows where that is refused', async () => {
  const chat = await showChat();
  const thread = aThread();
  await openThread(chat, thread, []);
  chat.server.answers.set(`PATCH threads/${thread.id}`, { problem: DOWN });
  await chat.user.click(screen.getByTitle('Model and settings: Small'));
  await chat.user.click(screen.getByRole('option', { name: 'Thinker' }));
  expect(await screen.findByText(DOWN.message)).toBeVisible();
  expect(screen.getByTitle('Model and settings: Small')).toBeVisible();
});

it('can become what new conversations begin with, unless that is refused', async () => {
  const chat = await showPopover();
  await chat.user.click(screen.getByRole('option', { name: 'Thinker' }));
  chat.server.answers.set('PATCH account', { problem: DOWN });
  await chat.user.click(
    screen.getByRole('button', { name: 'Use for new conversations' })
  );
  expect(chat.server.lastChange?.body).toEqual({ defaults: { model: 'thinker' } });
  expect(await screen.findByText(DOWN.message)).toBeVisible();
});

it('closes with Escape and gives the focus back', async () => {
  const chat = await showPopover();
  await chat.user.keyboard('{Escape}');
  await waitFor(() => {
    expect(screen.queryByRole('dialog')).toBeNull();
  });
  expect(screen.getByTitle('Model and settings: Small')).toHaveFocus();
});
