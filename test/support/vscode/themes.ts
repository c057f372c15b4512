/** Themes that every state of the interface is looked at in, as the theme picker names them. */
export const THEMES = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high-contrast': 'Dark High Contrast',
  'high-contrast-light': 'Light High Contrast',
} as const;

export type ThemeName = keyof typeof THEMES;

export const themeNames = Object.keys(THEMES) as readonly ThemeName[];

export const THEME_CLASSES: Readonly<Record<ThemeName, string>> = {
  dark: 'vs-dark',
  light: 'vs',
  'high-contrast': 'hc-black',
  'high-contrast-light': 'hc-light',
};
