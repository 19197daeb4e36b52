// A dense table: 24-pixel rows, Carbon's look, scrolling by itself where the screen is narrow (and then reachable by
// keyboard).
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from "@carbon/react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import "../styles/table.scss";

export interface Column<T> {
  head: string;
  cell: (item: T) => ReactNode;
  number?: boolean; // right-aligned
  width?: string;
  wrap?: boolean;
  minor?: boolean; // left out where the screen is narrow
}

const lookOf = (column: { number?: boolean; wrap?: boolean; minor?: boolean }) =>
  [column.number ? "is-number" : "", column.wrap ? "is-wrapped" : "", column.minor ? "is-minor" : ""].join(" ");

interface RowsProps<T> {
  label: string;
  columns: Column<T>[];
  items: readonly T[];
  id: (item: T, index: number) => string;
  rowClass?: (item: T) => string | undefined;
}

export function Rows<T>({ label, columns, items, id, rowClass }: RowsProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setScrolls(element.scrollWidth > element.clientWidth + 1));
    watch.observe(element);
    if (element.firstElementChild) watch.observe(element.firstElementChild);
    return () => watch.disconnect();
  }, []);
  return (
    <div ref={box} className="rows" {...(scrolls ? { role: "group", "aria-label": `${label}, scrolls sideways`, tabIndex: 0 } : {})}>
      <Table size="xs" useZebraStyles={false} aria-label={label}>
        <TableHead>
          <TableRow>
            {columns.map((column) => (
              <TableHeader key={column.head} className={lookOf({ ...column, wrap: false })} style={column.width ? { inlineSize: column.width } : undefined}>
                {column.head}
              </TableHeader>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {items.map((item, index) => (
            <TableRow key={id(item, index)} className={rowClass?.(item) ?? ""}>
              {columns.map((column) => (
                <TableCell key={column.head} className={lookOf(column)}>
                  {column.cell(item)}
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
