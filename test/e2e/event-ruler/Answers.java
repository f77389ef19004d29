// Reads {"patterns": [text], "events": [text]} from standard input and prints the answers of AWS's Event Ruler, one line for each
// pattern: `x` and the reason if the pattern is refused, else 1 or 0 for each event, or `!` if the Ruler itself crashes.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import software.amazon.event.ruler.Machine;

public class Answers {
  public static void main(String[] args) throws Exception {
    JsonNode asked = new ObjectMapper().readTree(System.in);
    StringBuilder lines = new StringBuilder();
    for (JsonNode pattern : asked.get("patterns")) {
      lines.append(answers(pattern.asText(), asked.get("events"))).append('\n');
    }
    System.out.print(lines);
  }

  private static String answers(String pattern, JsonNode events) {
    Machine machine = new Machine();
    try {
      machine.addRule("rule", pattern);
    } catch (Exception refused) {
      return "x " + String.valueOf(refused.getMessage()).replaceAll("\\s+", " ");
    }
    StringBuilder bits = new StringBuilder();
    for (JsonNode event : events) {
      bits.append(answer(machine, event.asText()));
    }
    return bits.toString();
  }

  private static char answer(Machine machine, String event) {
    try {
      return machine.rulesForJSONEvent(event).isEmpty() ? '0' : '1';
    } catch (Exception broken) {
      return '!';
    }
  }
}
