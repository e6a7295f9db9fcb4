import { createTheme, type MantineColorsTuple } from '@mantine/core';

const indigo: MantineColorsTuple = [
  '#eef0ff', '#dde1ff', '#bac2fb', '#95a1f5', '#7786ef', '#6273e8', '#5364e0', '#4453d6', '#3a47bb', '#2f3a9b',
];

/** Text of a dark page first, its ground last. */
const night: MantineColorsTuple = [
  '#e3e7ef', '#c3cad8', '#9fa9bc', '#75809a', '#4a556c', '#333d51', '#283143', '#1b2230', '#141a25', '#0e131c',
];

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 6 },
  colors: { indigo, dark: night },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.375rem', lineHeight: '1.3' }, h2: { fontSize: '1.0625rem', lineHeight: '1.4' } } },
  defaultRadius: 'md',
  cursorType: 'pointer',
  components: {
    // What animates away is still there for a screen reader, and for a test.
    Modal: { defaultProps: { transitionProps: { duration: 0 }, centered: true } },
    // What may be left out says so instead.
    InputWrapper: { defaultProps: { withAsterisk: false } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Table: { defaultProps: { verticalSpacing: 'xs' } },
  },
});
