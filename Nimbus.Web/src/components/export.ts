/** What a chart shows, as rows: the base of the CSV, of the table for screen readers, and of tests. */
export interface DataTable {
  columns: string[];
  rows: (string | number | null)[][];
}

export function csvOf({ columns, rows }: DataTable): string {
  return [columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export function fileName(title: string, ending: string): string {
  return `${title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'nimbus'}.${ending}`;
}

/** Of the styles that a browser knows, those that what is pictured here is drawn with; all of them would be megabytes. */
const drawnWith = [
  'display', 'position', 'top', 'right', 'bottom', 'left', 'z-index', 'box-sizing', 'width', 'height', 'min-width', 'min-height', 'max-width', 'max-height',
  'margin-top', 'margin-right', 'margin-bottom', 'margin-left', 'padding-top', 'padding-right', 'padding-bottom', 'padding-left',
  'flex-direction', 'flex-wrap', 'flex-grow', 'flex-shrink', 'flex-basis', 'align-items', 'align-self', 'justify-content', 'column-gap', 'row-gap',
  'grid-template-columns', 'grid-template-rows', 'grid-column-start', 'grid-column-end', 'vertical-align', 'border-collapse', 'border-spacing', 'table-layout',
  'border-top', 'border-right', 'border-bottom', 'border-left', 'border-top-left-radius', 'border-top-right-radius', 'border-bottom-left-radius', 'border-bottom-right-radius',
  'background-color', 'background-image', 'color', 'opacity', 'visibility', 'overflow-x', 'overflow-y', 'transform', 'list-style-type', 'filter',
  'font-family', 'font-size', 'font-weight', 'font-style', 'font-variant-numeric', 'line-height', 'letter-spacing', 'text-align', 'text-decoration-line', 'text-overflow',
  'text-transform', 'white-space', 'overflow-wrap', 'word-break', 'fill', 'stroke', 'stroke-width', 'paint-order', 'appearance',
];

/** A part of the page as a picture: what is drawn, with its styles written out, all of what scrolls, under its title. */
export async function pictureOf(node: HTMLElement, title: string): Promise<Blob> {
  const { width: seen, height } = node.getBoundingClientRect();
  const width = seen + Math.max(0, ...[node, ...node.querySelectorAll('*')].filter(scrolls).map((part) => part.scrollWidth - part.clientWidth));
  const copy = withStyles(node) as HTMLElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/1999/xhtml');
  const markup = new XMLSerializer().serializeToString(copy);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const [scale, margin, head] = [2, 20, 36];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.ceil((width + 2 * margin) * scale), Math.ceil((height + 2 * margin + head) * scale)];
  const page = getComputedStyle(document.documentElement);
  const pen = canvas.getContext('2d')!;
  pen.scale(scale, scale);
  pen.fillStyle = page.getPropertyValue('--panel-ground') || '#fff';
  pen.fillRect(0, 0, width + 2 * margin, height + 2 * margin + head);
  pen.fillStyle = page.getPropertyValue('--text') || '#000';
  pen.font = `600 16px ${getComputedStyle(document.body).fontFamily}`;
  pen.fillText(title, margin, margin + 14, width);
  pen.drawImage(image, margin, margin + head);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture')))));
}

function scrolls(node: Element): boolean {
  return node.scrollWidth > node.clientWidth && /auto|scroll/.test(getComputedStyle(node).overflowX);
}

function withStyles(node: Element): Element {
  if (node instanceof HTMLCanvasElement) {
    const image = document.createElement('img');
    image.src = node.toDataURL();
    image.style.cssText = styleOf(node);
    return image;
  }
  const copy = node.cloneNode(false) as HTMLElement | SVGElement;
  copy.removeAttribute('class');
  copy.style.cssText = styleOf(node) + (scrolls(node) ? ';overflow:visible' : '');
  for (const child of node.childNodes) {
    if (child instanceof Element) {
      if (getComputedStyle(child).display !== 'none') copy.append(withStyles(child));
    } else if (child.nodeType === Node.TEXT_NODE) copy.append(child.cloneNode());
  }
  return copy;
}

function styleOf(node: Element): string {
  const style = getComputedStyle(node);
  return drawnWith.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';');
}
