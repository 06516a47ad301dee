// A scheme as large as one may be: 500 blocks of several kinds in 20 columns, and 730 links. Every block leads to the one
// below it, those of the top row and every second other one also to their neighbour.
const columns = 20;
const rows = 25;
const name = (column: number, row: number) => `b${column}_${row}`;

const kinds = [
  {
    type: "sms",
    config: { sender: "SHOP", text: "{{ contact.name }}, скидка 20% до воскресенья: покажите это сообщение" },
  },
  { type: "viber", config: { sender: "SHOP", text: "Скидка 20% на всё, только до воскресенья", decision_time: "2h" } },
  { type: "whatsapp", config: { sender: "SHOP", text: "Ваш заказ ждёт вас" } },
];

export function many() {
  const nodes: object[] = [];
  const links: object[] = [];
  const link = (from: string, to: string, value: string) =>
    links.push({ id: `${from}-${to}`, from, to, type: "status", value });
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const id = name(column, row);
      const kind = kinds[(column + row) % kinds.length];
      nodes.push({ id, name: `Шаг ${nodes.length + 1}`, x: column * 300, y: row * 180, ...kind });
      if (row + 1 < rows) link(id, name(column, row + 1), "not_delivered");
      if (column + 1 < columns && (row === 0 || (column + row) % 2)) link(id, name(column + 1, row), "delivered");
    }
  }
  return { kind: "cascade", name: "500 blocks", nodes, links };
}
