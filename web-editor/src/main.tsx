import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/app.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { readNonce } from "./app/nonce";
import { preferred, startWords } from "./app/words";

readNonce();
const place = document.getElementById("root");
startWords(preferred()).then(() => {
  if (place) createRoot(place).render(<App />);
});
