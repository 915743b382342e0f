/**
 * Charts as SVG: scales and shapes by d3, drawn by the page, coloured by its style sheet. Each has a
 * sentence and a table for people who cannot see it.
 */
import { scaleBand, scaleLinear, scalePoint } from "d3-scale";
import { line, stack } from "d3-shape";
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit/html.js";

import { admin as words } from "../../site/messages/admin.en.ts";
import { isEmpty, sum, type Chart } from "../series.ts";

const SIZES = {
  wide: { width: 560, height: 220, every: 3 },
  narrow: { width: 320, height: 200, every: 6 },
};
const EDGE = { left: 44, right: 20, top: 10, bottom: 26 };
const TICKS = 4;

export function chart(
  id: string,
  told: { readonly title: string; readonly more: string; readonly nothing?: string },
  data: Chart,
  narrow: boolean,
): TemplateResult {
  return html`<figure class="chart card" aria-labelledby="${id}-title">
    <figcaption><h3 id="${id}-title">${told.title}</h3><p class="soft small">${told.more}</p></figcaption>
    ${
      isEmpty(data)
        ? html`<p class="soft">${told.nothing ?? words.charts.nothing}</p>`
        : html`${drawn(data, narrow)}${legend(data)}${table(told.title, data)}`
    }
  </figure>`;
}

function drawn(data: Chart, narrow: boolean): TemplateResult {
  const { width, height, every } = narrow ? SIZES.narrow : SIZES.wide;
  const columns = data.columns.map((_, index) => index);
  const y = scaleLinear(
    [0, Math.max(top(data), data.scale.least)],
    [height - EDGE.bottom, EDGE.top],
  ).nice(TICKS);
  const middle = scalePoint(columns, [EDGE.left, width - EDGE.right]).padding(0.5);
  const ticks = y.ticks(TICKS).filter((tick) => data.scale.tick(tick) !== "");
  return html`<svg class="drawn" viewBox="0 0 ${width} ${height}" role="img" aria-label=${spoken(data)}>
    ${ticks.map(
      (
        tick,
      ) => svg`<line class="grid" x1=${EDGE.left} x2=${width - EDGE.right} y1=${y(tick)} y2=${y(tick)} />
      <text class="tick" x=${EDGE.left - 6} y=${y(tick)} dy="0.32em" text-anchor="end">${data.scale.tick(tick)}</text>`,
    )}
    ${columns.filter((column) => (columns.length - 1 - column) % every === 0).map((column) => svg`<text class="tick" x=${middle(column) ?? 0} y=${height - 8} text-anchor="middle">${data.columns[column]}</text>`)}
    ${data.kind === "bars" ? bars(data, y, width) : lines(data, y, middle)}
  </svg>`;
}

function bars(data: Chart, y: (value: number) => number, width: number): readonly SVGTemplateResult[] {
  const columns = data.columns.map((_, index) => index);
  const x = scaleBand(columns, [EDGE.left, width - EDGE.right]).padding(0.2);
  const layers = stack<number, number>()
    .keys(data.series.keys())
    .value((column, index) => data.series[index]?.values[column] ?? 0)(columns);
  return layers.flatMap((layer) =>
    layer.map(
      ([from, to], column) =>
        svg`<rect class="series-${layer.key}" x=${x(column) ?? 0} width=${x.bandwidth()} y=${y(to)} height=${Math.max(y(from) - y(to), 0)}><title>${tip(data, column)}</title></rect>`,
    ),
  );
}

function lines(
  data: Chart,
  y: (value: number) => number,
  middle: (column: number) => number | undefined,
): readonly SVGTemplateResult[] {
  return data.series.flatMap(({ values }, index) => {
    const path = line<number | null>()
      .defined((value) => value !== null)
      .x((_, column) => middle(column) ?? 0)
      .y((value) => y(value ?? 0))(values);
    const points = values.flatMap((value, column) =>
      value === null
        ? []
        : [
            svg`<circle class="series-${index}" cx=${middle(column) ?? 0} cy=${y(value)} r="3"><title>${tip(data, column)}</title></circle>`,
          ],
    );
    return [svg`<path class="curve-${index}" d=${path ?? ""} />`, ...points];
  });
}

function legend({ series }: Chart): TemplateResult {
  return html`<ul class="legend small" aria-hidden="true">
    ${series.map(({ name }, index) => html`<li><svg viewBox="0 0 12 12" width="12" height="12"><rect class="series-${index}" width="12" height="12" rx="3" /></svg>${name}</li>`)}
  </ul>`;
}

function table(title: string, { kind, head, columns, series, scale }: Chart): TemplateResult {
  return html`<details><summary>${words.asTable}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=${words.tableOf(title)}><table class="figures">
      <thead><tr><th scope="col">${head}</th>${series.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${columns.map((column, row) => html`<tr><th scope="row">${column}</th>${series.map(({ values }) => html`<td>${shown(values[row], scale)}</td>`)}</tr>`)}</tbody>
      ${kind === "bars" ? html`<tfoot><tr><th scope="row">${words.total}</th>${series.map(({ values }) => html`<td>${scale.told(sum(values))}</td>`)}</tr></tfoot>` : nothing}
    </table></div>
  </details>`;
}

/** The sentence for people who cannot see the chart: the total, and the maximum. */
function spoken({ kind, series, scale }: Chart): string {
  const told = series.map(
    ({ name, values }) =>
      `${name} ${scale.told(kind === "bars" ? sum(values) : Math.max(...values.map((value) => value ?? 0)))}`,
  );
  return told.join(", ");
}

function tip({ columns, series, scale }: Chart, column: number): string {
  return `${columns[column]}: ${series.map(({ name, values }) => `${name} ${shown(values[column], scale)}`).join(", ")}`;
}

function shown(value: number | null | undefined, scale: Chart["scale"]): string {
  return value === null || value === undefined ? "–" : scale.told(value);
}

function top({ kind, columns, series }: Chart): number {
  const column = (index: number): number[] => series.map(({ values }) => values[index] ?? 0);
  return Math.max(
    0,
    ...columns.map((_, index) => (kind === "bars" ? sum(column(index)) : Math.max(...column(index)))),
  );
}
