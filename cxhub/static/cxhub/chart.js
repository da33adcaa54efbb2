"use strict";

// Draws every <figure class="chart"> from the table inside it, which is the chart for whoever does not see it.
//   figure: data-kind line | bar | stacked, data-unit, data-currency, data-digits
//   th of a column: data-role "low" and "high" make a band around the column before them; "before" a dashed line
//   td: data-value, empty where there is no value
(() => {
  const SERIES = 6;
  const drawn = new Map();

  const isRtl = () => document.documentElement.dir === "rtl";

  // Canvas knows neither variables nor light-dark(): let the browser compute the colour, and one pixel turn it into rgba.
  function palette() {
    const probe = document.createElement("span");
    probe.className = "theme-probe";
    document.body.append(probe);
    const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const colour = (name) => {
      probe.style.color = `var(--${name})`;
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = getComputedStyle(probe).color;
      pixel.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
      return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
    };
    const colours = {
      series: Array.from({ length: SERIES }, (_, index) => colour(`series-${index + 1}`)),
      fill: colour("series-fill"),
      grid: colour("chart-grid"),
      text: colour("chart-text"),
      ink: colour("ink"),
      surface: colour("surface-raised"),
      line: colour("line-strong"),
    };
    probe.remove();
    return colours;
  }

  function columns(table) {
    return Array.from(table.tHead.rows[0].cells)
      .slice(1)
      .map((head, index) => ({
        name: head.textContent.trim(),
        role: head.dataset.role || "",
        cells: Array.from(table.tBodies[0].rows, (row) => row.cells[index + 1]),
      }));
  }

  const labels = (figure) => Array.from(figure.querySelector("table").tBodies[0].rows, (row) => row.cells[0].textContent.trim());

  const value = (cell) => (cell.dataset.value ? Number(cell.dataset.value) : null);

  function datasets(figure, colours) {
    const bars = figure.dataset.kind !== "line";
    let next = 0;
    let own = colours.series[0];
    return columns(figure.querySelector("table")).map((column) => {
      const isBand = column.role === "low" || column.role === "high";
      if (!column.role) own = colours.series[next++ % SERIES];
      const numbers = column.cells.map(value);
      const at = (index) => numbers[index] ?? null;
      // Between two gaps there is nothing that a line could join: a dot, and a dash for each limit.
      const isAlone = (index) => at(index) !== null && at(index - 1) === null && at(index + 1) === null;
      return {
        label: column.name,
        data: numbers,
        role: column.role,
        type: bars && !column.role ? "bar" : "line",
        borderColor: isBand ? "transparent" : own,
        backgroundColor: column.role === "high" ? colours.fill : own,
        hoverBackgroundColor: own,
        fill: column.role === "high" ? "-1" : false,
        borderWidth: isBand || bars ? 0 : 2,
        borderDash: column.role === "before" ? [4, 4] : [],
        borderRadius: 2,
        maxBarThickness: 28,
        pointRadius: numbers.map((_number, index) => (isAlone(index) ? (isBand ? 6 : 3) : 0)),
        pointStyle: isBand ? "line" : "circle",
        pointBorderColor: own,
        pointBorderWidth: isBand ? 2 : 1,
        pointHoverRadius: isBand ? 0 : 4,
        pointBackgroundColor: own,
        spanGaps: false,
        tension: 0,
      };
    });
  }

  function ticks(figure) {
    const { unit, currency, digits } = figure.dataset;
    const language = document.documentElement.lang;
    const locale = language === "ar" ? `ar-u-nu-${digits || "latn"}` : language;
    const options = { maximumFractionDigits: 1 };
    if (unit === "%") options.style = "percent";
    else options.notation = "compact";
    if (unit === "hours") Object.assign(options, { style: "unit", unit: "hour", unitDisplay: "narrow" });
    if (unit === "money" && currency) Object.assign(options, { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: 0 });
    const format = new Intl.NumberFormat(locale, options);
    // The page writes US$ as $ in Arabic too.
    return (number) => format.format(number).replace(/(US|UK)(?=[$£¥])/, "");
  }

  function halfOfLongest(labels, font) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${font.size}px ${font.family}`;
    return Math.ceil(Math.max(...labels.map((label) => pen.measureText(label).width)) / 2);
  }

  function options(figure, colours) {
    const rtl = isRtl();
    const sets = datasets(figure, colours);
    const cellsOf = columns(figure.querySelector("table"));
    const stacked = figure.dataset.kind === "stacked";
    const isOfCounts = figure.dataset.unit === "count";
    const isWhole = isOfCounts && sets.every((set) => set.data.every((number) => number === null || Number.isInteger(number)));
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
    // A reversed axis does not leave room for its last label at one end, nor for its first beside a narrow axis.
    const room = rtl ? halfOfLongest(labels(figure), font) + 2 : 0;
    const towards = { rtl, textDirection: rtl ? "rtl" : "ltr" };
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: false,
      locale: document.documentElement.lang,
      interaction: { mode: "index", intersect: false },
      layout: { padding: { top: 4, left: room } },
      scales: {
        x: {
          reverse: rtl,
          stacked,
          grid: { display: false },
          border: { color: colours.grid },
          ticks: { color: colours.text, font, maxRotation: 0, autoSkipPadding: 16 },
        },
        y: {
          position: rtl ? "right" : "left",
          stacked,
          beginAtZero: isOfCounts || figure.dataset.kind !== "line",
          border: { display: false },
          grid: { color: colours.grid, drawTicks: false },
          afterFit: (axis) => {
            axis.width = Math.max(axis.width, room);
          },
          ticks: { color: colours.text, font, padding: 8, maxTicksLimit: 6, precision: isWhole ? 0 : undefined, callback: ticks(figure) },
        },
      },
      plugins: {
        legend: {
          display: sets.filter((set) => !["low", "high"].includes(set.role)).length > 1,
          position: "bottom",
          align: "start",
          ...towards,
          labels: {
            color: colours.text,
            font,
            boxWidth: 8,
            boxHeight: 8,
            usePointStyle: true,
            pointStyle: "circle",
            filter: (item) => !["low", "high"].includes(sets[item.datasetIndex].role),
          },
        },
        tooltip: {
          ...towards,
          backgroundColor: colours.surface,
          borderColor: colours.line,
          borderWidth: 1,
          titleColor: colours.ink,
          bodyColor: colours.ink,
          titleFont: { ...font, weight: 600 },
          bodyFont: font,
          padding: 10,
          boxPadding: 4,
          boxWidth: 8,
          boxHeight: 8,
          usePointStyle: true,
          callbacks: {
            // The words of the table, so that a chart never rounds otherwise than the page.
            label: (item) => `${item.dataset.label}: ${cellsOf[item.datasetIndex].cells[item.dataIndex].textContent.trim()}`,
          },
        },
      },
    };
  }

  function draw(figure) {
    const canvas = figure.querySelector("canvas");
    const table = figure.querySelector("table");
    if (!canvas || !table || !window.Chart) return;
    const colours = palette();
    drawn.get(figure)?.destroy();
    drawn.set(
      figure,
      new Chart(canvas, {
        type: figure.dataset.kind === "line" ? "line" : "bar",
        data: {
          labels: labels(figure),
          datasets: datasets(figure, colours),
        },
        options: options(figure, colours),
      }),
    );
  }

  function drawAll(root = document) {
    for (const [figure, chart] of drawn) {
      if (!figure.isConnected) {
        chart.destroy();
        drawn.delete(figure);
      }
    }
    root.querySelectorAll("figure.chart").forEach(draw);
  }

  // A canvas does not repaint itself when its letters arrive.
  const letters = ['500 12px "Inter"', ...(isRtl() ? ['400 12px "Plex Arabic"'] : [])];
  Promise.allSettled(letters.map((font) => document.fonts.load(font, "aع"))).then(() => drawAll());

  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
  document.addEventListener("themechange", () => drawAll());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
})();
