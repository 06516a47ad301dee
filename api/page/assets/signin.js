// Signs in, or sets a password by a one-time link. The code of a link is taken out of the address at once, so that it
// stays neither in the history nor in what a browser sends on.
"use strict";

(() => {
  const main = document.querySelector("main");
  const enter = document.getElementById("enter");
  const choose = document.getElementById("choose");
  const wait = document.getElementById("wait");
  const wrong = document.getElementById("wrong");
  const address = new URL(location.href);
  const code = address.searchParams.get("code");

  document.getElementById("script").remove();

  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };

  const send = async (path, body) => {
    const answer = await fetch("/api/v1" + path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
      body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) {
      throw Object.assign(new Error(said.detail), { told: true });
    }
    return said;
  };

  const explain = (error) => say(error.told ? error.message : main.dataset.failed);

  const onSubmit = (form, work) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      say("");
      try {
        await work(new FormData(form));
        location.replace(main.dataset.next);
      } catch (error) {
        explain(error);
        button.disabled = false;
        form.querySelector("input[type=password], input[name=password]").focus();
      }
    });
  };

  const open = (form, field) => {
    wait.hidden = true;
    form.hidden = false;
    form.elements[field].focus();
  };

  onSubmit(enter, (data) => send("/session", { email: data.get("email"), password: data.get("password") }));
  onSubmit(choose, (data) =>
    send("/session/link", { code, password: data.get("password"), name: (data.get("name") || "").trim() }));

  document.getElementById("show").addEventListener("change", (event) => {
    choose.elements.password.type = event.target.checked ? "text" : "password";
  });

  const look = async () => {
    wait.hidden = false;
    try {
      const link = await send("/session/link/look", { code });
      choose.elements.email.value = link.email;
      choose.elements.name.value = link.name;
      if (link.kind === "invitation") {
        const invited = document.getElementById("invited");
        invited.textContent = main.dataset.invited.replace("{}", link.account);
        invited.hidden = false;
        document.getElementById("known").hidden = false;
        document.getElementById("name").hidden = false;
      }
      open(choose, "password");
    } catch (error) {
      explain(error);
      open(enter, "email");
    }
  };

  if (code) {
    for (const other of document.querySelectorAll(".languages a")) {
      const there = new URL(other.href);
      there.searchParams.set("code", code);
      other.href = there;
    }
    address.searchParams.delete("code");
    history.replaceState(null, "", address);
    look();
  } else {
    open(enter, "email");
  }
})();
