"""How well a text can be read: its colour against what is behind it."""

CONTRAST = """element => {
  const channels = color => color.match(/[0-9.]+/g).map(Number);
  const light = color => channels(color).slice(0, 3).map(value => value / 255)
    .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  let behind = element;
  while (channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const pair = [light(getComputedStyle(element).color), light(getComputedStyle(behind).backgroundColor)].sort();
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
}"""


def contrast(page, selector):
    return page.locator(selector).first.evaluate(CONTRAST)
