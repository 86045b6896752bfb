/* Draw layers of areas, lines and points on one canvas of a Leaflet map, and say which one was clicked.
 *
 * The page calls renovationShapes.show(group, spec) each time it runs. Geometry comes by address (a file named after
 * its own digest, or a data: address) and stays decoded in `store`, so that a later run only sends classes and the
 * selection. All text is written with textContent or fillText: nothing that people typed is ever read as HTML.
 */
(function () {
  "use strict";

  const store = new Map(); // address -> decoded layer
  const TILE = 256; // pixels of the whole world at zoom 0
  const CELL = 72; // pixels of one cluster cell
  const SPREAD_ZOOM = 17; // from here on every point stands alone
  const DOT = 4.5; // pixels: areas smaller than this are drawn as dots
  const NEAR = 7; // pixels: how far from a small shape a click still means it
  const views = new Map(); // map key -> token of the view last asked for

  // ---------------------------------------------------------------- decoding

  async function inflate(buffer) {
    const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  function unshuffle(bytes, start, count) {
    // Byte planes compress better than whole integers; put them together again.
    const values = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      values[i] =
        bytes[start + i] |
        (bytes[start + count + i] << 8) |
        (bytes[start + 2 * count + i] << 16) |
        (bytes[start + 3 * count + i] << 24);
    }
    return values;
  }

  function decode(buffer) {
    const bytes = new Uint8Array(buffer);
    const headLength = new DataView(buffer).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headLength)));
    let at = 4 + headLength;
    const arrays = {};
    for (const [name, count] of head.arrays) {
      arrays[name] = unshuffle(bytes, at, count);
      at += 4 * count;
    }
    const total = arrays.x.length;
    const x = new Float64Array(total);
    const y = new Float64Array(total);
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < total; i++) {
      lon += arrays.x[i];
      lat += arrays.y[i];
      const sine = Math.sin((lat * 1e-6 * Math.PI) / 180);
      x[i] = TILE * ((lon * 1e-6) / 360 + 0.5);
      y[i] = TILE * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI));
    }
    const n = head.n;
    const layer = { n, x, y, tooltips: head.tooltips, labels: head.labels, clusters: new Map() };
    if (head.kind === "point") return layer;
    // Where each ring begins, where each shape's rings begin, and the box around each shape.
    const ringStart = new Uint32Array(arrays.rings.length + 1);
    for (let r = 0; r < arrays.rings.length; r++) ringStart[r + 1] = ringStart[r] + arrays.rings[r];
    const shapeStart = new Uint32Array(n + 1);
    for (let s = 0; s < n; s++) shapeStart[s + 1] = shapeStart[s] + arrays.shapes[s];
    const box = new Float64Array(4 * n);
    for (let s = 0; s < n; s++) {
      let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
      for (let i = ringStart[shapeStart[s]]; i < ringStart[shapeStart[s + 1]]; i++) {
        if (x[i] < x0) x0 = x[i];
        if (x[i] > x1) x1 = x[i];
        if (y[i] < y0) y0 = y[i];
        if (y[i] > y1) y1 = y[i];
      }
      box.set([x0, y0, x1, y1], 4 * s);
    }
    return Object.assign(layer, { ringStart, shapeStart, box });
  }

  function load(address) {
    if (!store.has(address)) {
      const entry = { data: null, ready: null };
      entry.ready = fetch(address)
        .then((answer) => {
          if (!answer.ok) throw new Error(address + " " + answer.status);
          return answer.arrayBuffer();
        })
        .then(inflate)
        .then((buffer) => (entry.data = decode(buffer)))
        .catch((error) => {
          store.delete(address);
          throw error;
        });
      store.set(address, entry);
    }
    return store.get(address);
  }

  function expandClasses(coded, n) {
    // "a12b1": twelve of the first class, one of the second.
    const classes = new Uint8Array(n);
    const pattern = /([a-z])(\d*)/g;
    let at = 0;
    for (let found; (found = pattern.exec(coded)) && at < n; ) {
      const count = found[2] ? Number(found[2]) : 1;
      classes.fill(found[1].charCodeAt(0) - 97, at, at + count);
      at += count;
    }
    return classes;
  }

  // ---------------------------------------------------------------- clusters

  function clustersAt(layer, zoom) {
    const level = Math.floor(zoom);
    let found = layer.clusters.get(level);
    if (found) return found;
    const scale = Math.pow(2, level) / CELL;
    const row = 67108864; // more cells than a row of the world has
    const cells = new Map();
    for (let i = 0; i < layer.n; i++) {
      const cell = Math.floor(layer.x[i] * scale) + row * Math.floor(layer.y[i] * scale);
      let group = cells.get(cell);
      if (!group) cells.set(cell, (group = { x: 0, y: 0, count: 0, index: i, cell, taken: false }));
      group.x += layer.x[i];
      group.y += layer.y[i];
      group.count++;
    }
    const groups = Array.from(cells.values());
    for (const group of groups) {
      group.x /= group.count;
      group.y /= group.count;
    }
    // Circles that would cover each other become one: the larger takes in its neighbours.
    groups.sort((a, b) => b.count - a.count || a.index - b.index);
    for (const group of groups) {
      if (group.taken) continue;
      for (const step of [-row - 1, -row, -row + 1, -1, 1, row - 1, row, row + 1]) {
        const other = cells.get(group.cell + step);
        if (!other || other.taken || Math.hypot(other.x - group.x, other.y - group.y) * scale > 0.6) continue;
        const count = group.count + other.count;
        group.x = (group.x * group.count + other.x * other.count) / count;
        group.y = (group.y * group.count + other.y * other.count) / count;
        group.count = count;
        other.taken = true;
      }
      group.kept = true;
    }
    found = groups.filter((group) => group.kept && !group.taken);
    layer.clusters.set(level, found);
    return found;
  }

  // ---------------------------------------------------------------- drawing

  function markPath(context, mark, x, y, r) {
    context.beginPath();
    if (mark === "square") context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
    else if (mark === "triangle") {
      context.moveTo(x, y - r * 1.15);
      context.lineTo(x + r * 1.1, y + r * 0.85);
      context.lineTo(x - r * 1.1, y + r * 0.85);
      context.closePath();
    } else if (mark === "diamond") {
      context.moveTo(x, y - r * 1.2);
      context.lineTo(x + r * 1.2, y);
      context.lineTo(x, y + r * 1.2);
      context.lineTo(x - r * 1.2, y);
      context.closePath();
    } else if (mark === "pin") {
      // A drop whose tip is the place.
      context.moveTo(x, y);
      context.bezierCurveTo(x - r * 0.3, y - r, x - r * 1.1, y - r * 1.2, x - r * 1.1, y - r * 2);
      context.arc(x, y - r * 2, r * 1.1, Math.PI, 0);
      context.bezierCurveTo(x + r * 1.1, y - r * 1.2, x + r * 0.3, y - r, x, y);
      context.closePath();
    } else context.arc(x, y, r, 0, 2 * Math.PI);
  }

  function halo(context, words, x, y) {
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.strokeStyle = "rgba(255,255,255,0.9)";
    context.strokeText(words, x, y);
    context.fillText(words, x, y);
  }

  const FONT = "'Microsoft YaHei UI','Microsoft YaHei','PingFang SC','Noto Sans CJK SC',sans-serif";

  const Shapes = L.Renderer.extend({
    options: { padding: 0.2 },

    initialize: function (spec) {
      L.Renderer.prototype.initialize.call(this, {});
      this._spec = spec;
      this._sheets = spec.layers.map((layer) => ({
        ...layer,
        entry: load(layer.address),
        classOf: expandClasses(layer.classes, layer.n),
        chosen: new Set(layer.selected),
      }));
    },

    getEvents: function () {
      const events = L.Renderer.prototype.getEvents.call(this);
      events.click = this._onClick;
      events.mousemove = this._onMove;
      events.mouseout = this._leave;
      return events;
    },

    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._context = this._container.getContext("2d");
    },

    _destroyContainer: function () {
      L.DomUtil.remove(this._container);
      delete this._context;
      delete this._container;
    },

    onAdd: function (map) {
      L.Renderer.prototype.onAdd.call(this, map);
      this._tooltip = L.tooltip({ direction: "top", offset: [0, -6], opacity: 0.95, className: "renovation-tip" });
      const waiting = this._sheets.filter((layer) => !layer.entry.data);
      document.body.dataset.shapes = waiting.length ? "loading" : "drawn";
      Promise.all(waiting.map((layer) => layer.entry.ready)).then(
        () => {
          if (this._map) this._update();
          document.body.dataset.shapes = "drawn";
        },
        () => {
          document.body.dataset.shapes = "failed";
          this._say(this._spec.words.failed);
        }
      );
    },

    onRemove: function () {
      this._tooltip.remove();
      L.Renderer.prototype.onRemove.call(this);
    },

    _say: function (words) {
      const box = document.createElement("div");
      box.className = "renovation-note";
      box.textContent = words;
      this._map.getContainer().appendChild(box);
    },

    _onZoomEnd: function () {},
    _updatePaths: function () {},

    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const bounds = this._bounds;
      const size = bounds.getSize();
      const ratio = window.devicePixelRatio || 1;
      const container = this._container;
      L.DomUtil.setPosition(container, bounds.min);
      container.width = ratio * size.x;
      container.height = ratio * size.y;
      container.style.width = size.x + "px";
      container.style.height = size.y + "px";
      this._context.scale(ratio, ratio);
      const origin = this._map.getPixelOrigin();
      this._scale = Math.pow(2, this._map.getZoom());
      this._left = origin.x + bounds.min.x;
      this._top = origin.y + bounds.min.y;
      this._size = size;
      this._drawn = [];
      for (const layer of this._sheets) if (layer.entry.data) this._drawLayer(layer);
      for (const layer of this._sheets) if (layer.entry.data && layer.chosen.size) this._drawChosen(layer);
      this.fire("update");
    },

    _drawLayer: function (layer) {
      if (layer.kind === "point") this._drawPoints(layer);
      else this._drawShapes(layer);
    },

    _isVisible: function (box, s) {
      const k = this._scale;
      return (
        box[4 * s + 2] * k >= this._left &&
        box[4 * s] * k <= this._left + this._size.x &&
        box[4 * s + 3] * k >= this._top &&
        box[4 * s + 1] * k <= this._top + this._size.y
      );
    },

    _trace: function (data, s, closed) {
      const context = this._context;
      const k = this._scale;
      for (let r = data.shapeStart[s]; r < data.shapeStart[s + 1]; r++) {
        const end = data.ringStart[r + 1];
        let lastX = NaN, lastY = NaN;
        for (let i = data.ringStart[r]; i < end; i++) {
          const px = data.x[i] * k - this._left;
          const py = data.y[i] * k - this._top;
          if (i === data.ringStart[r]) context.moveTo(px, py);
          else if (Math.abs(px - lastX) + Math.abs(py - lastY) < 0.7 && i < end - 1) continue;
          else context.lineTo(px, py);
          lastX = px;
          lastY = py;
        }
        if (closed) context.closePath();
      }
    },

    _paint: function (style, closed) {
      const context = this._context;
      if (closed && style.opacity > 0) {
        context.globalAlpha = style.opacity;
        context.fillStyle = style.fill;
        context.fill("nonzero");
      }
      if (style.line_width > 0) {
        context.globalAlpha = 1;
        context.strokeStyle = style.line;
        context.lineWidth = style.line_width;
        context.lineJoin = "round";
        context.setLineDash(style.dashed ? [6, 4] : []);
        context.stroke();
      }
      context.globalAlpha = 1;
      context.setLineDash([]);
    },

    _drawShapes: function (layer) {
      const data = layer.entry.data;
      const closed = layer.kind === "area";
      const context = this._context;
      const k = this._scale;
      layer.styles.forEach((style, code) => {
        let open = 0;
        context.beginPath();
        for (let s = 0; s < data.n; s++) {
          if (layer.classOf[s] !== code || !this._isVisible(data.box, s)) continue;
          const width = (data.box[4 * s + 2] - data.box[4 * s]) * k;
          const height = (data.box[4 * s + 3] - data.box[4 * s + 1]) * k;
          if (closed && width < DOT && height < DOT) {
            // Too small for an outline: a dot of the class colour keeps the place visible.
            const x = ((data.box[4 * s] + data.box[4 * s + 2]) / 2) * k - this._left;
            const y = ((data.box[4 * s + 1] + data.box[4 * s + 3]) / 2) * k - this._top;
            context.fillStyle = style.fill;
            context.fillRect(x - DOT / 2, y - DOT / 2, DOT, DOT);
            continue;
          }
          this._trace(data, s, closed);
          if (++open === 100) {
            this._paint(style, closed);
            context.beginPath();
            open = 0;
          }
        }
        if (open) this._paint(style, closed);
      });
      if (data.labels) this._labelShapes(layer, data);
    },

    _labelShapes: function (layer, data) {
      const context = this._context;
      const k = this._scale;
      context.font = "12px " + FONT;
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (let s = 0; s < data.n; s++) {
        if (!data.labels[s] || !this._isVisible(data.box, s)) continue;
        const width = (data.box[4 * s + 2] - data.box[4 * s]) * k;
        if (width < context.measureText(data.labels[s]).width + 6) continue;
        context.fillStyle = layer.styles[layer.classOf[s]].ink;
        const x = ((data.box[4 * s] + data.box[4 * s + 2]) / 2) * k - this._left;
        const y = ((data.box[4 * s + 1] + data.box[4 * s + 3]) / 2) * k - this._top;
        halo(context, data.labels[s], x, y);
      }
    },

    _pointAt: function (layer, i, x, y) {
      const style = layer.styles[layer.classOf[i]];
      const context = this._context;
      const label = layer.entry.data.labels && layer.entry.data.labels[i];
      const r = label ? Math.max(style.size, 11) : style.size;
      markPath(context, style.mark, x, y, r);
      context.globalAlpha = Math.max(style.opacity, 0.85);
      context.fillStyle = style.fill;
      context.fill();
      context.globalAlpha = 1;
      context.lineWidth = 1.5;
      context.strokeStyle = "#FFFFFF";
      context.stroke();
      if (label) {
        context.font = "bold 12px " + FONT;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillStyle = "#FFFFFF";
        context.fillText(label, x, style.mark === "pin" ? y - r * 2 : y + 0.5);
      }
      this._drawn.push({ layer, index: i, x, y: style.mark === "pin" ? y - r * 1.6 : y, r: r + 3, count: 1 });
    },

    _drawPoints: function (layer) {
      const data = layer.entry.data;
      const context = this._context;
      const k = this._scale;
      const inside = (x, y) => x > -30 && y > -30 && x < this._size.x + 30 && y < this._size.y + 30;
      if (!layer.cluster || this._map.getZoom() >= SPREAD_ZOOM) {
        for (let i = 0; i < data.n; i++) {
          const x = data.x[i] * k - this._left;
          const y = data.y[i] * k - this._top;
          if (inside(x, y)) this._pointAt(layer, i, x, y);
        }
        return;
      }
      for (const group of clustersAt(data, this._map.getZoom())) {
        const x = group.x * k - this._left;
        const y = group.y * k - this._top;
        if (!inside(x, y)) continue;
        if (group.count === 1) {
          this._pointAt(layer, group.index, x, y);
          continue;
        }
        const r = Math.min(12 + 4.5 * Math.log10(group.count), 24);
        context.beginPath();
        context.arc(x, y, r, 0, 2 * Math.PI);
        context.fillStyle = "#2F4858";
        context.globalAlpha = 0.85;
        context.fill();
        context.globalAlpha = 1;
        context.lineWidth = 2;
        context.strokeStyle = "#FFFFFF";
        context.stroke();
        context.font = "bold 12px " + FONT;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillStyle = "#FFFFFF";
        context.fillText(group.count >= 10000 ? Math.round(group.count / 1000) + "k" : String(group.count), x, y + 0.5);
        this._drawn.push({ layer, index: -1, x, y, r, count: group.count, place: group });
      }
    },

    _drawChosen: function (layer) {
      const data = layer.entry.data;
      const context = this._context;
      for (const s of layer.chosen) {
        if (layer.kind === "point") {
          const x = data.x[s] * this._scale - this._left;
          const y = data.y[s] * this._scale - this._top;
          const style = layer.styles[layer.classOf[s]];
          if (style.mark !== "pin") {
            context.beginPath();
            context.arc(x, y, (data.labels ? 11 : style.size) + 5, 0, 2 * Math.PI);
            context.lineWidth = 3;
            context.strokeStyle = "#111111";
            context.stroke();
          }
          this._pointAt(layer, s, x, y);
          continue;
        }
        context.beginPath();
        this._trace(data, s, layer.kind === "area");
        context.setLineDash([]);
        context.lineJoin = "round";
        context.lineWidth = 6;
        context.strokeStyle = "#FFFFFF";
        context.stroke();
        context.lineWidth = 3;
        context.strokeStyle = "#111111";
        context.stroke();
      }
    },

    // -------------------------------------------------------------- pointing

    _inside: function (data, s, wx, wy) {
      let within = false;
      for (let r = data.shapeStart[s]; r < data.shapeStart[s + 1]; r++) {
        const start = data.ringStart[r];
        const end = data.ringStart[r + 1];
        for (let i = start, j = end - 1; i < end; j = i++) {
          if (
            data.y[i] > wy !== data.y[j] > wy &&
            wx < ((data.x[j] - data.x[i]) * (wy - data.y[i])) / (data.y[j] - data.y[i]) + data.x[i]
          )
            within = !within;
        }
      }
      return within;
    },

    _distance: function (data, s, wx, wy) {
      let best = Infinity;
      for (let r = data.shapeStart[s]; r < data.shapeStart[s + 1]; r++) {
        for (let i = data.ringStart[r] + 1; i < data.ringStart[r + 1]; i++) {
          const ax = data.x[i - 1], ay = data.y[i - 1];
          const dx = data.x[i] - ax, dy = data.y[i] - ay;
          const length = dx * dx + dy * dy;
          const t = length ? Math.max(0, Math.min(1, ((wx - ax) * dx + (wy - ay) * dy) / length)) : 0;
          best = Math.min(best, Math.hypot(wx - ax - t * dx, wy - ay - t * dy));
        }
      }
      return best;
    },

    _under: function (latlng) {
      // The topmost thing under the pointer: marks first, then lines and areas, later layers before earlier ones.
      const world = this._map.project(latlng, 0);
      const x = world.x * this._scale - this._left;
      const y = world.y * this._scale - this._top;
      for (let i = this._drawn.length - 1; i >= 0; i--) {
        const mark = this._drawn[i];
        if (!mark.layer.selectable && mark.count === 1) continue;
        if ((mark.x - x) ** 2 + (mark.y - y) ** 2 <= mark.r * mark.r) return mark;
      }
      const near = NEAR / this._scale;
      for (let i = this._sheets.length - 1; i >= 0; i--) {
        const layer = this._sheets[i];
        const data = layer.entry.data;
        if (!data || !layer.selectable || layer.kind === "point") continue;
        let closest = -1;
        let least = near;
        for (let s = data.n - 1; s >= 0; s--) {
          const box = data.box;
          if (
            world.x < box[4 * s] - near || world.x > box[4 * s + 2] + near ||
            world.y < box[4 * s + 1] - near || world.y > box[4 * s + 3] + near
          )
            continue;
          if (layer.kind === "area" && this._inside(data, s, world.x, world.y)) return { layer, index: s, count: 1 };
          const small = (box[4 * s + 2] - box[4 * s]) * this._scale < 2 * NEAR;
          if (layer.kind === "line" || small) {
            const away = this._distance(data, s, world.x, world.y);
            if (away < least) {
              least = away;
              closest = s;
            }
          }
        }
        if (closest >= 0) return { layer, index: closest, count: 1 };
      }
      return null;
    },

    _onClick: function (event) {
      const found = this._under(event.latlng);
      if (found && found.count > 1) {
        const place = found.place;
        this._map.setView(this._map.unproject([place.x, place.y], 0), Math.min(this._map.getZoom() + 2, SPREAD_ZOOM));
        return;
      }
      const properties = {
        click: Date.now(),
        layer: found ? found.layer.name : null,
        data: found ? found.layer.digest : null,
        index: found ? found.index : null,
        lon: event.latlng.lng,
        lat: event.latlng.lat,
        zoom: this._map.getZoom(),
      };
      const answer = { type: "Feature", properties, geometry: null };
      this.fire("click", { latlng: event.latlng, layer: { toGeoJSON: () => answer } });
    },

    _onMove: function (event) {
      if (this._asked) return;
      this._asked = requestAnimationFrame(() => {
        this._asked = 0;
        if (this._map && this._bounds) this._hover(event.latlng);
      });
    },

    _hover: function (latlng) {
      const found = this._under(latlng);
      const container = this._map.getContainer();
      container.style.cursor = found ? "pointer" : this._spec.picking ? "crosshair" : "";
      const words = found && this._words(found);
      if (!words) {
        this._tooltip.remove();
        return;
      }
      if (words !== this._shown) {
        const box = document.createElement("div");
        for (const line of words.split("\n")) box.appendChild(document.createElement("div")).textContent = line;
        this._tooltip.setContent(box);
        this._shown = words;
      }
      this._tooltip.setLatLng(latlng);
      if (!this._map.hasLayer(this._tooltip)) this._tooltip.addTo(this._map);
    },

    _words: function (found) {
      if (found.count > 1) return this._spec.words.cluster.replace("{count}", found.count);
      const { layer, index } = found;
      if (layer.entry.data.tooltips) return layer.entry.data.tooltips[index];
      return layer.styles[layer.classOf[index]].words;
    },

    _leave: function () {
      this._tooltip.remove();
    },
  });

  // ---------------------------------------------------------------- the view

  function slot(key) {
    // Two pages may give their maps the same key.
    try {
      return "renovation-map:" + window.parent.location.pathname + ":" + key;
    } catch {
      return "renovation-map::" + key;
    }
  }

  function remembered(key) {
    try {
      return JSON.parse(sessionStorage.getItem(slot(key)));
    } catch {
      return null;
    }
  }

  function place(map, spec) {
    // Move only when the page asks for another view; otherwise stay where the person has gone, also after a visit to
    // another page.
    if (map.getSize().x < 20) {
      // In a tab that is not open yet: nothing can be fitted into no room.
      map.once("resize", () => place(map, spec));
      return;
    }
    const { key, token, bounds, center, zoom, remember } = spec.view;
    if (!views.has(key)) {
      const before = remember ? remembered(key) : null;
      map.on("moveend", () => {
        if (!remember) return;
        const at = map.getCenter();
        const state = { token: views.get(key), center: [at.lat, at.lng], zoom: map.getZoom() };
        try {
          sessionStorage.setItem(slot(key), JSON.stringify(state));
        } catch {
          /* A browser without storage only forgets the view. */
        }
      });
      if (before && before.token === token) {
        views.set(key, token);
        map.setView(before.center, before.zoom, { animate: false });
        return;
      }
    } else if (views.get(key) === token) return;
    views.set(key, token);
    if (center) map.setView(center, zoom || 15, { animate: false });
    else if (bounds) map.fitBounds(bounds, { padding: [16, 16], maxZoom: zoom || 17, animate: false });
  }

  const sheet = document.createElement("style");
  sheet.textContent =
    "#map_div.leaflet-container{background:#EEF1F2;font-family:" + FONT + "}" +
    ".renovation-tip{font-size:13px;line-height:1.4;white-space:nowrap;max-width:320px;overflow:hidden}" +
    ".renovation-note{position:absolute;z-index:1000;left:50%;top:40%;transform:translateX(-50%);background:#fff;" +
    "padding:12px 16px;border:1px solid #B3261E;font-size:15px}";
  document.head.appendChild(sheet);

  window.renovationShapes = {
    show: function (group, map, spec) {
      if (!map.zoomControl) {
        map.zoomControl = L.control.zoom({ zoomInTitle: spec.words.closer, zoomOutTitle: spec.words.farther }).addTo(map);
        L.control.scale({ imperial: false }).addTo(map);
      }
      new Shapes(spec).addTo(group);
      // The feature group is put on the map right after this script.
      place(map, spec);
    },
  };
})();
