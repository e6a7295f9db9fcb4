import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { useClipboard, useDisclosure } from '@mantine/hooks';
import { Code, Download, FileImage, FileSpreadsheet, Link2 } from 'lucide-react';
import type { RefObject } from 'react';
import { text } from '../text';
import { type ApiCall, ApiCallPanel } from './ApiCallPanel';
import { csvOf, type DataTable, download, fileName, pictureOf } from './export';

/** Takes an answer elsewhere: as a request, as rows, as a picture, as a link. */
export function ExportMenu({ title, table, drawn, call, link = true }: {
  title: string;
  /** Null while there is nothing to take. */
  table: DataTable | null;
  /** What is pictured; null while it is not shown. */
  drawn: RefObject<HTMLElement | null> | null;
  call: ApiCall;
  /** The address of the page is that of the answer. */
  link?: boolean;
}) {
  const [callOpened, callPanel] = useDisclosure();
  const clipboard = useClipboard();
  return (
    <>
      <Tooltip label={text.chart.call}>
        <ActionIcon variant="subtle" color="gray" onClick={callPanel.open} aria-label={text.chart.call}><Code size={17} aria-hidden /></ActionIcon>
      </Tooltip>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={text.chart.export}><Download size={17} aria-hidden /></ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            disabled={!table} leftSection={<FileSpreadsheet size={15} aria-hidden />}
            onClick={() => table && download(fileName(title, 'csv'), new Blob([csvOf(table)], { type: 'text/csv' }))}
          >{text.chart.csv}</Menu.Item>
          <Menu.Item
            disabled={!table || !drawn} leftSection={<FileImage size={15} aria-hidden />}
            onClick={() => drawn?.current && void pictureOf(drawn.current, title).then((picture) => download(fileName(title, 'png'), picture))}
          >{text.chart.png}</Menu.Item>
          {link && <Menu.Item leftSection={<Link2 size={15} aria-hidden />} onClick={() => clipboard.copy(window.location.href)}>{text.chart.copyLink}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <ApiCallPanel call={call} opened={callOpened} onClose={callPanel.close} />
    </>
  );
}
