import { NumberInput, SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useProject } from '../../app/me';
import { ChartFrame } from '../../components/ChartFrame';
import { EmptyState } from '../../components/EmptyState';
import { formatNumber } from '../../components/format';
import { PageHead } from '../../components/PageHead';
import { Panel } from '../../components/Panel';
import { EventPicker } from '../../query/EventPicker';
import builder from '../../query/query.module.css';
import { RangePicker } from '../../query/RangePicker';
import { useUrlState } from '../../query/urlState';
import { text } from '../../text';
import { type Direction, directions, documentOf, layOut, readPaths, size, tableOf } from './paths';
import styles from './PathsPage.module.css';

export default function PathsPage() {
  const project = useProject();
  const [question, change] = useUrlState(readPaths);
  const document = useMemo(() => documentOf(question, project.id, project.time_zone), [question, project]);
  const answer = useQuery({
    queryKey: ['paths', document],
    queryFn: ({ signal }) => ask(api.POST('/v1/insights/paths', { body: document, signal })),
    placeholderData: keepPreviousData,
    enabled: question.event !== '',
  });
  const table = useMemo(() => (answer.data ? tableOf(answer.data) : null), [answer.data]);

  return (
    <>
      <PageHead title={text.paths.title} intro={text.paths.intro} />
      <Panel>
        <div className={builder.builder}>
          <SegmentedControl
            aria-label={text.paths.direction} value={question.direction} onChange={(direction) => change({ direction: direction as Direction })}
            data={directions.map((one) => ({ value: one, label: text.paths.directions[one] }))}
          />
          <EventPicker withAll={false} value={question.event} onChange={(event) => change({ event })} />
          <RangePicker value={question} onChange={(range) => change(range)} />
          <NumberInput
            label={text.paths.depth} w={100} min={2} max={10} clampBehavior="strict" allowDecimal={false} value={question.depth}
            onChange={(depth) => typeof depth === 'number' && change({ depth })}
          />
          <NumberInput
            label={text.paths.top} w={130} min={1} max={20} clampBehavior="strict" allowDecimal={false} value={question.top}
            onChange={(top) => typeof top === 'number' && change({ top })}
          />
        </div>
      </Panel>
      {question.event === '' ? <Panel><EmptyState title={text.paths.beginTitle} detail={text.paths.begin} /></Panel> : (
        <ChartFrame
          title={text.paths.title} answer={answer} table={table} call={{ method: 'POST', path: '/v1/insights/paths', body: document }}
          computedMs={answer.data?.computed_ms} empty={answer.data !== undefined && answer.data.nodes.length === 0} height={size.height}
        >
          {answer.data && <Flow answer={answer.data} />}
        </ChartFrame>
      )}
    </>
  );
}

/** Steps from left to right; a band is as wide as the people who went that way. */
function Flow({ answer }: { answer: Schemas['PathsResult'] }) {
  const { nodes, links } = useMemo(() => layOut(answer), [answer]);
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={text.paths.title}>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} className={styles.flow} role="img" aria-label={text.paths.picture(nodes.length, links.length)}>
        {links.map((link) => (
          <path key={`${link.from} ${link.to}`} d={link.path} className={styles.link} style={{ strokeWidth: link.width }}><title>{link.label}</title></path>
        ))}
        {nodes.map((node) => (
          <g key={node.id}>
            <rect x={node.x} y={node.y} width={size.node} height={node.height} rx={3} className={styles.node} data-other={node.other || undefined} />
            <text x={node.x + size.node + 6} y={node.y + Math.min(node.height / 2, 10) + 4} className={styles.label}>
              {node.label.length > 20 ? `${node.label.slice(0, 19)}…` : node.label}
              <tspan className={styles.people}> {formatNumber(node.people)}</tspan>
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
