// Line charts: <div class="chart" data-chart="id of the JSON" data-library="address of ECharts">.
// The table beside it shows the same numbers; without scripts it is the only one.

const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();

function optionsOf({ labels, series, unit }) {
  const withUnit = (value) => (value === null || value === undefined ? "–" : `${value}${unit && ` ${unit}`}`);
  return {
    animation: false,
    aria: { enabled: true },
    color: [colour("--blue"), colour("--ink-3")],
    textStyle: { fontFamily: colour("--font"), color: colour("--ink-2") },
    grid: { left: 8, right: 18, top: 36, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, icon: "roundRect", textStyle: { color: colour("--ink-2") } },
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: withUnit },
    xAxis: {
      type: "category",
      data: labels,
      boundaryGap: false,
      axisLine: { lineStyle: { color: colour("--line-strong") } },
      axisTick: { show: false },
      axisLabel: { hideOverlap: true, alignMinLabel: "left", alignMaxLabel: "right" },
    },
    yAxis: {
      type: "value",
      scale: true,
      axisLabel: { formatter: (value) => withUnit(value) },
      splitLine: { lineStyle: { color: colour("--line") } },
    },
    series: series.map(({ name, values, isGoal }) => ({
      name,
      data: values,
      type: "line",
      step: isGoal ? "middle" : false,
      symbol: isGoal ? "none" : "circle",
      symbolSize: 7,
      connectNulls: false,
      lineStyle: isGoal ? { type: "dashed", width: 1.5 } : { width: 2.5 },
    })),
  };
}

async function draw(places) {
  const echarts = await import(places[0].dataset.library);
  for (const place of places) {
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption(optionsOf(JSON.parse(document.getElementById(place.dataset.chart).textContent)));
    new ResizeObserver(() => chart.resize()).observe(place);
  }
}

const places = [...document.querySelectorAll("[data-chart]")];
if (places.length) draw(places);
