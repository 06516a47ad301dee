import { BarChart } from "echarts/charts";
import { GridComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { number } from "../campaigns/format";

use([BarChart, GridComponent, CanvasRenderer]);

/** Draws bars with their names and numbers; gives what takes them away. */
export function draw(place: HTMLElement, bars: { name: string; count: number }[], dark: boolean): () => void {
  const text = dark ? "#c9c9c9" : "#343a40";
  const chart = init(place);
  chart.setOption({
    animation: false,
    grid: { left: 4, right: 52, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: "value", show: false },
    yAxis: {
      type: "category",
      inverse: true,
      data: bars.map((b) => b.name),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: text, width: 130, overflow: "truncate", fontSize: 12 },
    },
    series: [
      {
        type: "bar",
        barWidth: 12,
        silent: true,
        data: bars.map((b) => b.count),
        itemStyle: { color: dark ? "#748ffc" : "#4263eb", borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: "right",
          color: text,
          fontSize: 12,
          formatter: (p: { value: unknown }) => number(Number(p.value)),
        },
      },
    ],
  });
  const watch = new ResizeObserver(() => chart.resize());
  watch.observe(place);
  return () => {
    watch.disconnect();
    chart.dispose();
  };
}
