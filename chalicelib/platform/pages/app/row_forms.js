/** Forms of rows: a field for each column that may be written, by the store's schema. */
{
  /** Return the text of a value for a table or a field. */
  st.shown = (column, value) => {
    if (value === null || value === undefined) return "";
    if (column.type === "json") return JSON.stringify(value);
    return column.type === "datetime" ? kit.date(value) : String(value);
  };

  const raw = (column, value) => (value === null || value === undefined ? "" : column.type === "json" ? JSON.stringify(value, null, 2) : value);

  const field = (column, value) => {
    const { name, type, choices } = column;
    const label = name.replaceAll("_", " ");
    const hint = [column.references && `The id of a row of ${column.references}.`, type === "datetime" && "UTC, such as 2026-11-30T12:00:00Z.", type === "json" && "JSON."].filter(Boolean).join(" ");
    const common = { name, label, hint, required: !column.is_nullable && !column.has_default && type !== "boolean", maxlength: column.max_length ?? undefined };
    if (type === "boolean" && !column.is_nullable) return kit.field({ name, label, type: "checkbox", value });
    if (choices.length) return kit.field({ ...common, tag: "select", options: [...(column.is_nullable ? [["", "None"]] : []), ...choices.map((each) => [each, each])], value: value ?? undefined });
    if (type === "json" || (type === "text" && !column.max_length)) return kit.field({ ...common, tag: "textarea", value: raw(column, value) });
    return kit.field({ ...common, value: raw(column, value), inputmode: type === "decimal" ? "decimal" : type === "integer" ? "numeric" : undefined, spellcheck: type === "text" ? undefined : "false" });
  };

  /** Return a form's value as the API takes it. Throws a problem that names the column. */
  const parsed = (column, value) => {
    if (value === "") return null;
    if (column.type === "integer") return /^-?\d+$/.test(value) ? Number(value) : wrong(column, "Please enter a whole number.");
    if (column.type !== "json") return value;
    try {
      return JSON.parse(value);
    } catch {
      return wrong(column, "This is not valid JSON.");
    }
  };
  const wrong = ({ name }, message) => { throw new kit.Problem("Invalid", "", { errors: [{ path: name, message }] }); };

  /** Open the form of a row, or of a new one without `row`. `save(changes)` stores what the person changed. */
  st.rowDialog = (title, table, row, save, remove) => {
    const columns = table.columns.filter((column) => !column.is_read_only && column.name !== "id");
    const before = (column) => (row ? raw(column, row[column.name]) : "");
    const dialog = kit.dialog(title, (close) => [kit.form({ label: title, cancel: close, fields: columns.map((column) => field(column, row?.[column.name])), save: async (values) => {
      const changed = columns.filter((column) => (column.type === "boolean" ? values[column.name] !== Boolean(row?.[column.name]) : String(values[column.name]) !== String(before(column))));
      const sent = row ? changed : columns.filter((column) => values[column.name] !== "");
      await save(Object.fromEntries(sent.map((column) => [column.name, parsed(column, values[column.name])])));
      close();
    } }), row && remove && kit.button("Delete this row", kit.act(async () => {
      if (!(await kit.confirm("Delete this row?", "It cannot be restored.", "Delete"))) return;
      await remove();
      close();
    }), "danger")].filter(Boolean));
    dialog.querySelector("input, select, textarea")?.focus();
    return dialog;
  };
}
