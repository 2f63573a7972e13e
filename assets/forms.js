// Conveniences of forms and lists. Everything here can be done without.
{
  // ---- One box for all of a list ----
  const boxesOf = (all) => all.form?.querySelectorAll(`input[name="${all.dataset.checkAll}"]`) ?? []

  function showAll() {
    for (const all of document.querySelectorAll('[data-check-all]')) {
      // Hidden without scripts, and so in every page that is fetched to renew this one.
      all.hidden = false
      const boxes = [...boxesOf(all)]
      const checked = boxes.filter((box) => box.checked).length
      all.checked = boxes.length > 0 && checked === boxes.length
      all.indeterminate = checked > 0 && checked < boxes.length
      const count = all.form?.querySelector('[data-checked-count]')
      const words = checked === 0 ? '' : `${checked} chosen`
      if (count && count.textContent !== words) count.textContent = words
    }
  }

  document.addEventListener('change', (event) => {
    const { target } = event
    if (target.matches?.('[data-check-all]')) for (const box of boxesOf(target)) box.checked = target.checked
    if (target.matches?.('[data-check-all], input[type="checkbox"]')) showAll()
    if (target.matches?.('[data-shows]')) showParts(target)
  })
  document.addEventListener('monitor:refreshed', showAll)
  showAll()

  // ---- Times by the clocks of the reader: the server is sent seconds, for it has other clocks ----
  document.addEventListener('formdata', ({ target, formData }) => {
    for (const field of target.querySelectorAll('[data-time-as="field"]')) {
      const time = globalThis.monitorUnits.readField(field.value)
      if (Number.isFinite(time)) formData.set(field.name, String(time))
    }
  })

  // ---- Parts of a form that belong to one choice ----
  function showParts(select) {
    for (const part of select.form.querySelectorAll(`[data-shown-by="${select.name}"]`)) {
      const isShown = part.dataset.shownFor.split(' ').includes(select.value)
      part.hidden = !isShown
      for (const field of part.querySelectorAll('input, select')) field.disabled = !isShown
    }
  }
  for (const select of document.querySelectorAll('select[data-shows]')) showParts(select)

  // ---- Copying ----
  for (const button of document.querySelectorAll('[data-copy]')) {
    if (!navigator.clipboard) break
    button.hidden = false
    button.addEventListener('click', async () => {
      const words = button.textContent
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
      button.textContent = 'Copied'
      setTimeout(() => {
        button.textContent = words
      }, 2000)
    })
  }

  // ---- Colours chosen for all devices count here too ----
  document.addEventListener('submit', (event) => {
    if (!event.target.matches('[data-preferences]')) return
    try {
      localStorage.removeItem('theme')
    } catch {
      // Storage may be forbidden: then nothing was kept there.
    }
  })
}
