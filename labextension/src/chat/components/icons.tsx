import type { ReactElement } from 'react';

/** An icon of 16 × 16, drawn in the colour of the text. */
export type Icon = (props: object) => ReactElement;

// What nobody draws is left out of a bundle.
/* @__NO_SIDE_EFFECTS__ */
function icon(...paths: string[]): Icon {
  const Drawn: Icon = () => (
    <svg className="jc-Icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {paths.map(path => (
        <path key={path} d={path} />
      ))}
    </svg>
  );
  return Drawn;
}

export const AddIcon = icon('M8 3v10M3 8h10');
export const ListIcon = icon('M2.5 4h11M2.5 8h11M2.5 12h7');
export const PaneIcon = icon('M2.5 3.5h11v9h-11zM6.5 3.5v9');
export const GearIcon = icon(
  'M2.5 4.5h5M11.5 4.5h2M9.5 2.75v3.5M2.5 11.5h2M8.5 11.5h5M6.5 9.75v3.5'
);
export const BackIcon = icon('M9.5 3.5 5 8l4.5 4.5');
export const ForwardIcon = icon('M6.5 3.5 11 8l-4.5 4.5');
export const DownIcon = icon('M8 3v9.5M3.75 8.5 8 12.75 12.25 8.5');
export const ChevronIcon = icon('M4.5 6.25 8 9.75l3.5-3.5');
export const SendIcon = icon('M8 13V3.5M3.75 7.5 8 3.25 12.25 7.5');
export const StopIcon = icon('M5 5h6v6H5z');
export const CopyIcon = icon('M5.5 5.5h7.5V13H5.5z', 'M3 10.5V3h7.5');
export const InsertIcon = icon('M2.5 2.75h11v4.5h-11z', 'M8 9.25v4.5M5.75 11.5h4.5');
export const LinkIcon = icon(
  'M6.75 9.25 9.25 6.75',
  'M7.25 4.75 8.6 3.4a2.83 2.83 0 0 1 4 4L11.25 8.75',
  'M8.75 11.25 7.4 12.6a2.83 2.83 0 0 1-4-4L4.75 7.25'
);
export const AttachIcon = icon(
  'M12.75 7.25 7.6 12.4a2.9 2.9 0 0 1-4.1-4.1l5.2-5.2a1.95 1.95 0 0 1 2.75 2.75L6.4 10.9a.95.95 0 0 1-1.35-1.35L9.5 5.1'
);
export const DoneIcon = icon('M3.5 8.5 6.5 11.5 12.5 4.75');
export const EditIcon = icon('M3 13l.6-2.9L10.9 2.8l2.3 2.3-7.3 7.3z');
export const AgainIcon = icon(
  'M12.75 5.5A5.25 5.25 0 1 0 13.25 8.5',
  'M13 2.5v3.25H9.75'
);
export const RunIcon = icon('M4.5 3v10l8-5z');
export const ContinueIcon = icon('M3 3.5 8 8l-5 4.5zM8.5 3.5l5 4.5-5 4.5z');
export const ForkIcon = icon(
  'M4.5 2.5v11M4.5 10c0-2.5 7-1.5 7-4.5V5',
  'M11.5 2.5a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z'
);
export const DeleteIcon = icon(
  'M3 4.5h10M6.25 4.25V2.75h3.5v1.5M4.5 4.75l.5 8.5h6l.5-8.5'
);
export const PinIcon = icon('M5.5 2.75h5M6.25 3v4L4.5 9.25h7L9.75 7V3', 'M8 9.5v4');
export const ArchiveIcon = icon('M2.5 3h11v3h-11z', 'M3.5 6.25V13h9V6.25', 'M6.5 8.75h3');
export const UnarchiveIcon = icon(
  'M2.5 3h11v3h-11z',
  'M3.5 6.25V13h9V6.25',
  'M8 11.5V8.25M6.5 9.5 8 8l1.5 1.5'
);
export const RestoreIcon = icon(
  'M3.25 5.75h6a3.75 3.75 0 0 1 0 7.5H6',
  'M6 3 3.25 5.75 6 8.5'
);
export const MoreIcon = icon(
  'M3.25 7.6a.4.4 0 1 0 .01 0zM8 7.6a.4.4 0 1 0 .01 0zM12.75 7.6a.4.4 0 1 0 .01 0z'
);
export const TagIcon = icon('M2.75 2.75h5l5.5 5.5-5 5-5.5-5.5z', 'M5.5 5.5h.01');
export const FolderIcon = icon('M2.5 4h4l1.25 1.5h5.75V12.5h-11z');
export const TemporaryIcon = icon(
  'M8 2.75a5.25 5.25 0 0 1 5.25 5.25',
  'M12.3 11a5.25 5.25 0 0 1-2.2 1.8M7.2 13.2A5.25 5.25 0 0 1 4 11.4M2.8 8.6A5.25 5.25 0 0 1 4.6 4',
  'M8 5.25V8l2 1.5'
);
export const SearchIcon = icon(
  'M7 2.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5',
  'M10.25 10.25 13.5 13.5'
);
export const CloseIcon = icon('M4 4l8 8M12 4l-8 8');
export const WarningIcon = icon('M8 2.5 14 13H2z', 'M8 6.5v3', 'M8 11.2v.3');
export const HideIcon = icon(
  'M2 8c1.5-2.6 3.5-4 6-4s4.5 1.4 6 4c-1.5 2.6-3.5 4-6 4S3.5 10.6 2 8z',
  'M8 6.25a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5z',
  'M3 13 13 3'
);
export const GoIcon = icon('M4.5 11.5 11 5M6 4.5h5.5V10');
export const KeyIcon = icon('M9 7a3 3 0 1 0-2.2 2.2L8 10.5h1.5V12H11v1.5h2.5v-2.3z');
export const ServerIcon = icon('M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.5M5 11h.5');
export const ChipIcon = icon(
  'M4.5 4.5h7v7h-7z',
  'M6.5 2.5v2M9.5 2.5v2M6.5 11.5v2M9.5 11.5v2M2.5 6.5h2M2.5 9.5h2M11.5 6.5h2M11.5 9.5h2'
);
export const ExportIcon = icon('M8 9.5V2.75M5 5.5l3-3 3 3', 'M3 9v4h10V9');
export const ImportIcon = icon('M8 2.5v7M5 6.75l3 3 3-3', 'M3 9v4h10V9');
export const PageIcon = icon('M6.5 3H3v10h10V9.5', 'M9 3h4v4M12.75 3.25 7.5 8.5');
export const ThemeIcon = icon('M13 9.6A5.5 5.5 0 1 1 6.4 3a4.4 4.4 0 0 0 6.6 6.6z');
/** The mark of an answer. */
export const AnswerIcon = icon(
  'M8 2.25c.5 3.4 2.35 5.25 5.75 5.75C10.35 8.5 8.5 10.35 8 13.75 7.5 10.35 5.65 8.5 2.25 8 5.65 7.5 7.5 5.65 8 2.25z'
);
