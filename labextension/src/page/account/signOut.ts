import { xsrfToken } from '../../chat/client/server';

/** Send the form that ends this session; the server leads to where one signs in. */
export function signOut(baseUrl: string): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = `${baseUrl}jupyter-chat/logout`;
  const token = document.createElement('input');
  token.type = 'hidden';
  token.name = '_xsrf';
  token.value = xsrfToken() ?? '';
  form.append(token);
  document.body.append(form);
  form.submit();
}

/** To where one signs in; the session has ended. */
export function goToLogin(baseUrl: string): void {
  window.location.assign(`${baseUrl}jupyter-chat/login`);
}
