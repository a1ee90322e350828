from skyseg import Data

band = Data.from_survey_version("JOF", "v11")["F444W"]
