import { LabIcon } from '@jupyterlab/ui-components';

/** A speech bubble with the mark of an answer, in the colours of the theme. */
export const chatIcon = new LabIcon({
  name: 'jupyter-chat:chat',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd" d="M3 1.5h10a1.5 1.5 0 0 1 1.5 1.5v7.5a1.5 1.5 0 0 1-1.5 1.5H8.5l-3.75 3v-3H3a1.5 1.5 0 0 1-1.5-1.5V3A1.5 1.5 0 0 1 3 1.5zM8 3c-.4 2.5-1.5 3.600-4 4 2.5.4 3.600 1.5 4 4 .4-2.5 1.5-3.600 4-4-2.5-.4-3.600-1.5-4-4z"/>
</svg>`
});
