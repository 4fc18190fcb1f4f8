import theme from '../page/theme.css?text';

const JUPYTERS = '--jp-layout-color1';
const MARK = 'jc-mod-ownTheme';

/** Colours and fonts for a widget where no JupyterLab gives them. */
export function ownTheme(box: HTMLElement): () => void {
  const root = getComputedStyle(document.documentElement);
  if (root.getPropertyValue(JUPYTERS) !== '') {
    return () => undefined;
  }
  const sheet = document.createElement('style');
  sheet.textContent = theme.replaceAll(':root', `.${MARK}`);
  document.head.append(sheet);
  box.classList.add(MARK);
  const follow = () => {
    box.dataset.theme = isDark() ? 'dark' : 'light';
  };
  follow();
  const observer = new MutationObserver(follow); // VS Code changes a class, Colab an attribute
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true });
  }
  return () => {
    observer.disconnect();
    sheet.remove();
  };
}

function isDark(): boolean {
  const colour = getComputedStyle(document.body).backgroundColor;
  const [red, green, blue, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return alpha === 0 || Number.isNaN(red) || colour === ''
    ? matchMedia('(prefers-color-scheme: dark)').matches
    : red + green + blue < 3 * 128;
}
