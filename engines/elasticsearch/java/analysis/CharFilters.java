package analysis;

import java.io.Reader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.charfilter.HTMLStripCharFilter;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractCharFilterFactory;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingCharFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;

/** The character filters by their names in the settings of an index. */
final class CharFilters {
  private CharFilters() {}

  static Map<String, AnalysisProvider<CharFilterFactory>> all() {
    Map<String, AnalysisProvider<CharFilterFactory>> filters = new HashMap<>();
    filters.put("html_strip", (index, environment, name, settings) ->
        new AbstractCharFilterFactory(index, name) {
          @Override
          public Reader create(Reader reader) {
            return new HTMLStripCharFilter(reader, Set.copyOf(settings.getAsList("escaped_tags")));
          }
        });
    filters.put("mapping", SettingChecks.needsSettings(Mapping::new));
    filters.put("pattern_replace", SettingChecks.needsSettings((index, environment, name, settings) -> {
      Pattern pattern = Pattern.compile(SettingChecks.required(settings, "pattern"));
      String replacement = settings.get("replacement", "");
      return new NormalizingCharFilter(index, name, in -> new PatternReplaceCharFilter(pattern, replacement, in));
    }));
    return filters;
  }

  private static class NormalizingCharFilter extends AbstractCharFilterFactory implements NormalizingCharFilterFactory {
    private final UnaryOperator<Reader> wrap;

    NormalizingCharFilter(IndexSettings index, String name, UnaryOperator<Reader> wrap) {
      super(index, name);
      this.wrap = wrap;
    }

    @Override
    public Reader create(Reader reader) {
      return wrap.apply(reader);
    }
  }

  private static final class Mapping extends NormalizingCharFilter {
    Mapping(IndexSettings index, Environment environment, String name, Settings settings) {
      super(index, name, wrap(environment, settings));
    }

    private static UnaryOperator<Reader> wrap(Environment environment, Settings settings) {
      List<String> rules = Analysis.getWordList(environment, settings, "mappings");
      if (rules == null)
        throw new IllegalArgumentException("mapping requires either `mappings` or `mappings_path` to be configured");
      NormalizeCharMap.Builder builder = new NormalizeCharMap.Builder();
      for (String rule : rules) {
        String[] sides = rule.split("=>", -1);
        if (sides.length != 2) throw new IllegalArgumentException("Invalid Mapping Rule : [" + rule + "]");
        builder.add(sides[0].trim(), sides[1].trim());
      }
      NormalizeCharMap map = builder.build();
      return in -> new MappingCharFilter(map, in);
    }
  }
}
