package analysis;

import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.IndexSettings;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.Analysis;

/** English text: stop words, possessives and stems. */
final class EnglishAnalyzerProvider extends AbstractIndexAnalyzerProvider<EnglishAnalyzer> {
  private final EnglishAnalyzer analyzer;

  EnglishAnalyzerProvider(IndexSettings index, Environment environment, String name, Settings settings) {
    super(index, name, settings);
    analyzer = new EnglishAnalyzer(
        Analysis.parseStopWords(environment, settings, EnglishAnalyzer.getDefaultStopSet()),
        Analysis.parseStemExclusion(settings, CharArraySet.EMPTY_SET));
  }

  @Override
  public EnglishAnalyzer get() {
    return analyzer;
  }
}
