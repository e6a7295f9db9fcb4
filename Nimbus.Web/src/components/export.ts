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

/** A part of the page as a picture: what is drawn, with its styles written out, on the page's ground. */
export async function pictureOf(node: HTMLElement): Promise<Blob> {
  const { width, height } = node.getBoundingClientRect();
  const copy = withStyles(node) as HTMLElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/1999/xhtml');
  const markup = new XMLSerializer().serializeToString(copy);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><foreignObject width="100%" height="100%">${markup}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = 2;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  const pen = canvas.getContext('2d')!;
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--panel-ground') || '#fff';
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture')))));
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
  copy.style.cssText = styleOf(node);
  for (const child of node.childNodes) {
    if (child instanceof Element) {
      if (getComputedStyle(child).display !== 'none') copy.append(withStyles(child));
    } else if (child.nodeType === Node.TEXT_NODE) copy.append(child.cloneNode());
  }
  return copy;
}

function styleOf(node: Element): string {
  const style = getComputedStyle(node);
  return [...style].filter((name) => !name.startsWith('--')).map((name) => `${name}:${style.getPropertyValue(name)}`).join(';');
}
